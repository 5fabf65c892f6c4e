locals {
  stage = "production"

  services = {
    web  = { ports = { http = 80, https = 443 }, bucket = { create = true, public = false } }
    mail = { ports = { smtp = 25 }, bucket = { create = false } }
  }
}

module "service" {
  source   = "../modules/service"
  for_each = local.services

  name       = each.key
  stage      = local.stage
  open_ports = each.value.ports
  bucket     = each.value.bucket
}

module "archive" {
  source = "../modules/bucket"

  name = "archive-${local.stage}"
}

output "buckets" {
  value = { for name, s in module.service : name => s.bucket }
}

resource "aws_s3_bucket_policy" "archive" {
  bucket = module.archive.arn
  policy = data.aws_iam_policy_document.archive.json
}

data "aws_iam_policy_document" "archive" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${module.archive.arn}/*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root"]
    }
  }
}
