package iacsample

// module is a local module of Terraform70.
type module struct{ name, variables, main, outputs string }

// basics are the modules that others build on.
var basics = []module{
	{"network", `
variable "name" { type = string }
variable "cidr" { type = string }
variable "public" { type = map(string) }
variable "private" { type = map(string) }
variable "flow_logs" { type = bool }
`, `
resource "aws_vpc" "this" {
  cidr_block = var.cidr
  tags       = { Name = var.name }
}

resource "aws_flow_log" "this" {
  count        = var.flow_logs ? 1 : 0
  vpc_id       = aws_vpc.this.id
  traffic_type = "ALL"
}

resource "aws_subnet" "public" {
  for_each                = var.public
  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = true
}

resource "aws_subnet" "private" {
  for_each          = var.private
  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value
}

resource "aws_network_acl_rule" "in" {
  network_acl_id = aws_vpc.this.default_network_acl_id
  rule_number    = 100
  rule_action    = "allow"
  protocol       = "-1"
  cidr_block     = "0.0.0.0/0"
}
`, `
output "vpc_id" { value = aws_vpc.this.id }
output "cidr" { value = var.cidr }
output "public_subnets" { value = [for s in aws_subnet.public : s.id] }
output "private_subnets" { value = [for s in aws_subnet.private : s.id] }
`},
	{"bucket", `
variable "name" { type = string }
variable "versioned" { type = bool }
variable "encrypted" { type = bool }

variable "public" {
  type    = bool
  default = false
}

variable "log_to" {
  type    = string
  default = null
}

variable "rules" {
  type    = list(object({ prefix = string, days = number }))
  default = []
}
`, `
resource "aws_s3_bucket" "this" {
  bucket = var.name
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = !var.public
  block_public_policy     = !var.public
  ignore_public_acls      = !var.public
  restrict_public_buckets = !var.public
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = var.versioned ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  count  = var.encrypted ? 1 : 0
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_logging" "this" {
  count         = var.log_to == null ? 0 : 1
  bucket        = aws_s3_bucket.this.id
  target_bucket = var.log_to
  target_prefix = "${var.name}/"
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  dynamic "rule" {
    for_each = var.rules

    content {
      id     = rule.value.prefix
      status = "Enabled"

      filter {
        prefix = rule.value.prefix
      }

      expiration {
        days = rule.value.days
      }
    }
  }
}
`, `
output "id" { value = aws_s3_bucket.this.id }
output "arn" { value = aws_s3_bucket.this.arn }
`},
	{"queue", `
variable "name" { type = string }
variable "encrypted" { type = bool }
variable "senders" { type = list(string) }
`, `
resource "aws_sqs_queue" "this" {
  name              = var.name
  kms_master_key_id = var.encrypted ? "alias/aws/sqs" : null

  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 5 })
}

resource "aws_sqs_queue" "dead" {
  name = "${var.name}-dead"
}

data "aws_iam_policy_document" "send" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.this.arn]

    principals {
      type        = "AWS"
      identifiers = length(var.senders) > 0 ? var.senders : ["*"]
    }
  }
}

resource "aws_sqs_queue_policy" "send" {
  queue_url = aws_sqs_queue.this.id
  policy    = data.aws_iam_policy_document.send.json
}
`, `
output "url" { value = aws_sqs_queue.this.url }
`},
	{"topic", `
variable "name" { type = string }
variable "subscribers" { type = map(string) }
`, `
resource "aws_sns_topic" "this" {
  name = var.name
}

resource "aws_sns_topic_subscription" "this" {
  for_each  = var.subscribers
  topic_arn = aws_sns_topic.this.arn
  protocol  = startswith(each.value, "https:") ? "https" : "email"
  endpoint  = each.value
}
`, `
output "arn" { value = aws_sns_topic.this.arn }
`},
	{"role", `
variable "name" { type = string }
variable "actions" { type = list(string) }
variable "resources" { type = list(string) }

variable "service" {
  type    = string
  default = "ecs-tasks.amazonaws.com"
}
`, `
data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [var.service]
    }
  }
}

data "aws_iam_policy_document" "allow" {
  dynamic "statement" {
    for_each = var.actions

    content {
      sid       = "Allow${statement.key}"
      actions   = [statement.value]
      resources = var.resources
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "this" {
  name   = "allow"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.allow.json
}
`, `
output "arn" { value = aws_iam_role.this.arn }
`},
}
