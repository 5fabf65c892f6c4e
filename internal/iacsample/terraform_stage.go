package iacsample

// stageTemplates are the files of a stage that are the same but for a few
// inputs.
var stageTemplates = tree{
	"providers.tf": `
terraform {
  required_version = ">= 1.6"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.60"
    }
  }
}

provider "aws" {
  region = var.region
}
`,
	"variables.tf": `
variable "region" {
  type    = string
  default = "eu-central-1"
}

variable "cidr" {
  type    = string
  default = "@cidr"
}

variable "zones" {
  type    = list(string)
  default = ["a", "b", "c"]
}

variable "office_cidrs" {
  type    = list(string)
  default = ["203.0.113.0/24", "0.0.0.0/0"]
}

variable "engineers" {
  type    = set(string)
  default = ["ada", "ben", "cleo", "dora", "emil", "finn", "gus", "hana", "ines", "jon", "kai", "lea"]
}

variable "database_password" {
  type      = string
  sensitive = true
  default   = null
}
`,
	"locals.tf": `
locals {
  prefix   = "@stage-${var.region}"
  replicas = @count
  public   = { for i, z in var.zones : "${var.region}${z}" => cidrsubnet(var.cidr, 8, i) }
  private  = { for i, z in var.zones : "${var.region}${z}" => cidrsubnet(var.cidr, 8, i + 32) }

  tags = {
    Stage = "@stage"
    Owner = "platform"
  }
}
`,
	"network.tf": `
module "network" {
  source = "../modules/network"

  name      = local.prefix
  cidr      = var.cidr
  public    = local.public
  private   = local.private
  flow_logs = !@public
}

resource "aws_security_group" "bastion" {
  name   = "${local.prefix}-bastion"
  vpc_id = module.network.vpc_id

  dynamic "ingress" {
    for_each = toset(var.office_cidrs)

    content {
      from_port   = 22
      to_port     = 22
      protocol    = "tcp"
      cidr_blocks = [ingress.value]
    }
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
`,
	"compute.tf": `
resource "aws_instance" "bastion" {
  count = @count

  ami                         = "ami-0a1b2c3d4e5f60718"
  instance_type               = "t3.micro"
  subnet_id                   = module.network.public_subnets[count.index]
  associate_public_ip_address = @public
  vpc_security_group_ids      = [aws_security_group.bastion.id]

  root_block_device {
    volume_size = 20 + count.index
    encrypted   = count.index == 0
  }

  tags = merge(local.tags, { Name = "bastion-${count.index}" })
}

resource "aws_ebs_volume" "scratch" {
  count = @count

  availability_zone = "${var.region}a"
  size              = 100
}
`,
	"database.tf": `
module "database" {
  source   = "../modules/database"
  for_each = { orders = "postgres", wiki = "mysql" }

  name     = "${local.prefix}-${each.key}"
  engine   = each.value
  replicas = @count
  public   = @public
  password = var.database_password
  subnets  = module.network.private_subnets
}

resource "aws_dynamodb_table" "sessions" {
  name         = "${local.prefix}-sessions"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}
`,
	"iam.tf": `
module "role" {
  source   = "../modules/role"
  for_each = { deploy = ["ecr:*", "ecs:UpdateService"], report = ["s3:GetObject", "s3:ListBucket"] }

  name      = "${local.prefix}-${each.key}"
  actions   = each.value
  resources = each.key == "deploy" ? ["*"] : [module.exports.arn, "${module.exports.arn}/*"]
}

resource "aws_iam_user" "engineer" {
  for_each = var.engineers
  name     = each.key
}

resource "aws_iam_user_policy" "engineer" {
  for_each = var.engineers

  name = "read"
  user = aws_iam_user.engineer[each.key].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for b in [module.exports.arn, module.backups.arn] : { Effect = "Allow", Action = "s3:GetObject", Resource = "${b}/*" }
    ]
  })
}

data "aws_iam_policy_document" "team" {
  for_each = { shop = "orders", money = "invoices", media = "thumbnails" }

  dynamic "statement" {
    for_each = ["SendMessage", "ReceiveMessage", "DeleteMessage"]

    content {
      actions   = ["sqs:${statement.value}"]
      resources = ["arn:aws:sqs:${var.region}:*:${local.prefix}-${each.value}"]
    }
  }

  statement {
    actions   = each.key == "media" ? ["s3:*"] : ["s3:GetObject"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "team" {
  for_each = data.aws_iam_policy_document.team

  name   = "${local.prefix}-${each.key}"
  policy = each.value.json
}

resource "aws_iam_account_password_policy" "this" {
  minimum_password_length = 10
  require_numbers         = @public
}
`,
	"logs.tf": `
resource "aws_s3_bucket" "logs" {
  bucket = "${local.prefix}-logs"
}

resource "aws_s3_bucket_acl" "logs" {
  bucket = aws_s3_bucket.logs.id
  acl    = "log-delivery-write"
}

resource "aws_cloudtrail" "this" {
  name                       = local.prefix
  s3_bucket_name             = aws_s3_bucket.logs.id
  is_multi_region_trail      = @public
  enable_log_file_validation = false
}

resource "aws_cloudwatch_log_group" "app" {
  for_each = toset(flatten([for s in ["api", "web", "mail", "search", "billing"] : [for k in ["access", "error", "audit"] : "${s}/${k}"]]))

  name              = "/@stage/${each.key}"
  retention_in_days = 30
}
`,
	"cdn.tf": `
resource "aws_cloudfront_distribution" "site" {
  enabled = true

  origin {
    domain_name = "${module.assets.id}.s3.amazonaws.com"
    origin_id   = "assets"
  }

  default_cache_behavior {
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    target_origin_id       = "assets"
    viewer_protocol_policy = @public ? "allow-all" : "https-only"
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = true
  }
}
`,
	"alerts.tf": `
module "alerts" {
  source = "../modules/topic"

  name        = "${local.prefix}-alerts"
  subscribers = { mail = "ops@shop.example", pager = "https://pager.shop.example/@stage" }
}

resource "aws_kms_key" "data" {
  description         = local.prefix
  enable_key_rotation = @public
}
`,
	"outputs.tf": `
output "vpc_id" {
  value = module.network.vpc_id
}

output "databases" {
  value = { for name, d in module.database : name => d.endpoint }
}

output "buckets" {
  value = [module.uploads.id, module.exports.id, module.backups.id, module.assets.id]
}
`,
}
