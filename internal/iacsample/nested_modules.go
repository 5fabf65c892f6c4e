package iacsample

// nestedFiles are the other files of NestedModules that are always the same.
var nestedFiles = tree{
	"main.tf":    rootMain,
	"extras.tf":  rootExtras,
	"outputs.tf": rootOutputs,
	"versions.tf": `
terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.60"
    }
  }
}
`,
	"templates/bastion.sh.tftpl": `
#!/bin/sh
echo ${name} > /etc/motd
%{ for g in groups ~}
echo "group ${g}" >> /etc/motd
%{ endfor ~}
`,
	"modules/network/main.tf": `
variable "name" { type = string }
variable "cidr" { type = string }
variable "zones" { type = list(string) }
variable "public_count" { type = number }
variable "private_count" { type = number }
variable "tags" { type = map(string) }

locals {
  public  = [for i in range(var.public_count) : cidrsubnet(var.cidr, 8, i)]
  private = [for i in range(var.private_count) : cidrsubnet(var.cidr, 8, i + 64)]
}

resource "aws_vpc" "this" {
  cidr_block = var.cidr
  tags       = merge(var.tags, { Name = var.name })
}

resource "aws_flow_log" "this" {
  vpc_id       = aws_vpc.this.id
  traffic_type = "ALL"
}

resource "aws_subnet" "public" {
  count = length(local.public)

  vpc_id                  = aws_vpc.this.id
  cidr_block              = element(local.public, count.index)
  availability_zone       = element(var.zones, count.index)
  map_public_ip_on_launch = true
  tags                    = merge(var.tags, { Name = format("%s-public-%s", var.name, element(var.zones, count.index)) })
}

resource "aws_subnet" "private" {
  count = length(local.private)

  vpc_id            = aws_vpc.this.id
  cidr_block        = element(local.private, count.index)
  availability_zone = element(var.zones, count.index)
  tags              = merge(var.tags, { Name = format("%s-private-%s", var.name, element(var.zones, count.index)) })
}

output "vpc_id" { value = aws_vpc.this.id }
output "private_subnets" { value = aws_subnet.private[*].id }
`,
	"modules/bucket/main.tf": `
variable "name" { type = string }
variable "encrypted" { type = bool }
variable "tags" { type = map(string) }

variable "readers" {
  type    = list(string)
  default = []
}

resource "aws_s3_bucket" "this" {
  bucket = var.name
  tags   = var.tags
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  count  = var.encrypted ? 1 : 0
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "aws:kms"
    }
  }
}

data "aws_iam_policy_document" "read" {
  dynamic "statement" {
    for_each = var.readers

    content {
      actions   = ["s3:GetObject"]
      resources = ["${aws_s3_bucket.this.arn}/*"]

      principals {
        type        = "AWS"
        identifiers = [statement.value]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "read" {
  count  = length(var.readers) > 0 ? 1 : 0
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.read.json
}

output "id" { value = aws_s3_bucket.this.id }
`,
	"modules/iam-role/main.tf": `
variable "name" { type = string }
variable "services" { type = list(string) }
variable "tags" { type = map(string) }

variable "policies" {
  type    = map(string)
  default = {}
}

variable "statements" {
  type    = any
  default = {}
}

module "document" {
  source = "./document"

  statements = var.statements
}

data "aws_iam_policy_document" "assume" {
  dynamic "statement" {
    for_each = var.services

    content {
      actions = ["sts:AssumeRole"]

      principals {
        type        = "Service"
        identifiers = [statement.value]
      }
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.assume.json
  tags               = var.tags
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = { for k, v in var.policies : k => "arn:aws:iam::aws:policy/${v}" }

  role       = aws_iam_role.this.name
  policy_arn = each.value
}

resource "aws_iam_role_policy" "this" {
  count = length(var.statements) > 0 ? 1 : 0

  name   = "inline"
  role   = aws_iam_role.this.id
  policy = module.document.json
}

output "arn" { value = aws_iam_role.this.arn }
output "name" { value = aws_iam_role.this.name }
`,
	"modules/iam-role/document/main.tf": `
variable "statements" { type = any }

data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = var.statements

    content {
      sid       = statement.key
      effect    = try(statement.value.effect, "Allow")
      actions   = statement.value.actions
      resources = try(statement.value.resources, ["*"])

      dynamic "condition" {
        for_each = try(statement.value.conditions, [])

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

output "json" { value = data.aws_iam_policy_document.this.json }
`,
}
