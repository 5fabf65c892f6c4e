terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

resource "aws_default_vpc" "default" {
  tags = { Name = "default" }
}

resource "aws_s3_bucket" "lake" {
  bucket = "tidal-lake"
  acl    = "authenticated-read"

  server_side_encryption_configuration {
    rule {
      apply_server_side_encryption_by_default {
        sse_algorithm     = "aws:kms"
        kms_master_key_id = aws_kms_key.lake.arn
      }
    }
  }

  versioning {
    enabled = true
  }

  logging {
    target_bucket = "tidal-logs"
  }
}

resource "aws_s3_bucket" "site" {
  bucket = "www.tidal.example"
}

resource "aws_s3_bucket_public_access_block" "site" {
  bucket              = aws_s3_bucket.site.id
  block_public_acls   = false
  block_public_policy = false
  ignore_public_acls  = true
}

resource "aws_s3_bucket_policy" "site" {
  bucket = aws_s3_bucket.site.id
  policy = templatefile("${path.module}/policies/site.json.tftpl", { bucket = aws_s3_bucket.site.arn })
}

resource "aws_kms_key" "lake" {
  description         = "Lake of ${data.aws_caller_identity.current.account_id}"
  enable_key_rotation = true
}

resource "aws_kms_key" "signing" {
  description              = "Reports"
  customer_master_key_spec = "RSA_2048"
  key_usage                = "SIGN_VERIFY"
}
