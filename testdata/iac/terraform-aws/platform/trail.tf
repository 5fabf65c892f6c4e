resource "aws_s3_bucket" "trail" {
  bucket        = "${local.prefix}-trail"
  force_destroy = true
}

resource "aws_s3_bucket_acl" "trail" {
  bucket = aws_s3_bucket.trail.id
  acl    = "public-read"
}

resource "aws_cloudtrail" "this" {
  name                          = local.prefix
  s3_bucket_name                = aws_s3_bucket.trail.id
  include_global_service_events = true
  is_multi_region_trail         = local.production
  enable_log_file_validation    = false

  event_selector {
    read_write_type           = "WriteOnly"
    include_management_events = true

    data_resource {
      type   = "AWS::S3::Object"
      values = ["arn:aws:s3"]
    }
  }
}

resource "aws_config_configuration_aggregator" "org" {
  name = "${local.prefix}-org"

  account_aggregation_source {
    account_ids = ["111122223333"]
    regions     = ["eu-central-1"]
  }
}

# The key is turned by hand, once a year, with a witness.
#trivy:ignore:AVD-AWS-0065
resource "aws_kms_key" "trail" {
  description = "Trail"
}

resource "aws_kms_key" "data" {
  description         = "Data"
  enable_key_rotation = false
}
