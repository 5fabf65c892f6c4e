package terraform

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/work"
)

// nested is a repository of n example directories that each call a stack of
// modules, three deep, with for_each, count, dynamic blocks, policies made by
// jsonencode and by aws_iam_policy_document.
func nested(n int) map[string]string {
	files := map[string]string{
		"modules/stack/variables.tf": `
variable "name" { type = string }
variable "buckets" {
  type = map(object({ versioned = optional(bool, false), acl = optional(string, "private"), rules = optional(list(object({ id = string, days = number })), []) }))
  default = {}
}
variable "queues" {
  type    = list(string)
  default = ["in", "out"]
}
variable "ports" {
  type    = list(number)
  default = [22, 80, 443, 8080]
}
variable "cidr" {
  type    = string
  default = "0.0.0.0/0"
}
variable "tags" {
  type    = map(string)
  default = {}
}
`,
		"modules/stack/main.tf": `
locals {
  tags  = merge(var.tags, { Stack = var.name, Managed = "terraform" })
  names = { for k, b in var.buckets : k => "${var.name}-${k}" }
}
module "bucket" {
  source   = "../bucket"
  for_each = var.buckets
  name     = local.names[each.key]
  acl      = each.value.acl
  versioned = each.value.versioned
  rules    = each.value.rules
  tags     = local.tags
}
module "network" {
  source = "../network"
  name   = var.name
  ports  = var.ports
  cidr   = var.cidr
  tags   = local.tags
}
resource "aws_sqs_queue" "this" {
  count = length(var.queues)
  name  = "${var.name}-${var.queues[count.index]}"
  tags  = local.tags
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for b in values(module.bucket) : {
      Effect = "Allow", Principal = "*", Action = ["sqs:SendMessage"], Resource = "*"
      Condition = { ArnEquals = { "aws:SourceArn" = b.arn } }
    }]
  })
}
data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = module.bucket
    content {
      actions   = ["s3:GetObject", "s3:*"]
      resources = [statement.value.arn, "${statement.value.arn}/*"]
    }
  }
  statement {
    actions   = ["*"]
    resources = ["*"]
  }
}
resource "aws_iam_policy" "this" {
  name   = var.name
  policy = data.aws_iam_policy_document.this.json
}
resource "aws_iam_role" "this" {
  name = var.name
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
  tags = local.tags
}
output "buckets" { value = { for k, b in module.bucket : k => b.arn } }
`,
		"modules/bucket/main.tf": `
variable "name" { type = string }
variable "acl" { type = string }
variable "versioned" { type = bool }
variable "rules" {
  type = list(object({ id = string, days = number }))
}
variable "tags" { type = map(string) }
resource "aws_s3_bucket" "this" {
  bucket = var.name
  tags   = var.tags
}
resource "aws_s3_bucket_acl" "this" {
  bucket = aws_s3_bucket.this.id
  acl    = var.acl
}
resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id
  versioning_configuration {
    status = var.versioned ? "Enabled" : "Suspended"
  }
}
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id
  dynamic "rule" {
    for_each = var.rules
    content {
      id     = rule.value.id
      status = "Enabled"
      expiration { days = rule.value.days }
    }
  }
}
module "key" {
  source = "../key"
  name   = var.name
  tags   = var.tags
}
resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id
  rule {
    apply_server_side_encryption_by_default {
      kms_master_key_id = module.key.arn
      sse_algorithm     = "aws:kms"
    }
  }
}
output "arn" { value = aws_s3_bucket.this.arn }
`,
		"modules/key/main.tf": `
variable "name" { type = string }
variable "tags" { type = map(string) }
resource "aws_kms_key" "this" {
  description         = "key of ${var.name}"
  enable_key_rotation = false
  tags                = var.tags
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = "*" } }]
  })
}
resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
output "arn" { value = aws_kms_key.this.arn }
`,
		"modules/network/main.tf": `
variable "name" { type = string }
variable "ports" { type = list(number) }
variable "cidr" { type = string }
variable "tags" { type = map(string) }
resource "aws_vpc" "this" {
  cidr_block = "10.0.0.0/16"
  tags       = merge(var.tags, { Name = var.name })
}
resource "aws_subnet" "this" {
  for_each                = toset(["a", "b", "c"])
  vpc_id                  = aws_vpc.this.id
  cidr_block              = cidrsubnet(aws_vpc.this.cidr_block, 8, index(["a", "b", "c"], each.key))
  map_public_ip_on_launch = each.key == "a"
  tags                    = var.tags
}
resource "aws_security_group" "this" {
  name   = var.name
  vpc_id = aws_vpc.this.id
  dynamic "ingress" {
    for_each = var.ports
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = [var.cidr]
    }
  }
}
resource "aws_instance" "this" {
  for_each      = aws_subnet.this
  ami           = "ami-12345678"
  instance_type = "t3.micro"
  subnet_id     = each.value.id
  tags          = merge(var.tags, { Name = "${var.name}-${each.key}" })
}
`,
	}
	for i := range n {
		files[fmt.Sprintf("examples/e%02d/main.tf", i)] = fmt.Sprintf(`
locals {
  name = "e%d"
  buckets = {
    logs   = { acl = "log-delivery-write", versioned = true, rules = [{ id = "a", days = 30 }, { id = "b", days = 90 }] }
    public = { acl = "public-read" }
    data   = { versioned = %t }
    more   = {}
  }
}
module "one" {
  source  = "../../modules/stack"
  name    = local.name
  buckets = local.buckets
  tags    = { Example = local.name }
}
module "two" {
  source  = "../../modules/stack"
  name    = "${local.name}-two"
  buckets = { for k, b in local.buckets : k => b if k != "logs" }
  cidr    = "10.0.0.0/8"
  ports   = [for p in range(%d) : 8000 + p]
}
output "arns" { value = merge(module.one.buckets, module.two.buckets) }
`, i, i%2 == 0, 3+i%4)
	}
	return files
}

// filesOf are files in the order of their names.
func filesOf(files map[string]string) []work.File {
	var out []work.File
	for _, name := range slices.Sorted(maps.Keys(files)) {
		out = append(out, work.File{Path: name, Data: []byte(files[name])})
	}
	return out
}

func BenchmarkNested(b *testing.B) {
	code := nested(30)
	if dir := os.Getenv("NESTED_DIR"); dir != "" { // to run another tool on it
		for name, text := range code {
			p := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				b.Fatal(err)
			}
			if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	checks, err := check.NewSet(time.Unix(0, 0))
	if err != nil {
		b.Fatal(err)
	}
	files := filesOf(code)
	for b.Loop() {
		found := 0
		for _, t := range Load(files, Options{}).Tasks(checks) {
			out, err := t.Do(context.Background())
			if err != nil {
				b.Fatal(err)
			}
			found += len(out.Results)
		}
		b.ReportMetric(float64(found), "verdicts")
	}
}
