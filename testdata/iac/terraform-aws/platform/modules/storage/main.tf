variable "name" { type = string }

variable "versioned" {
  type    = bool
  default = true
}

variable "encrypted" {
  type    = bool
  default = true
}

variable "acl" {
  type    = string
  default = "private"
}

variable "days" {
  type    = number
  default = 30
}

variable "log_to" {
  type    = string
  default = null
}

resource "aws_s3_bucket" "this" {
  bucket = var.name
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
  count = var.log_to == null ? 0 : 1

  bucket        = aws_s3_bucket.this.id
  target_bucket = var.log_to
  target_prefix = "${var.name}/"
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "expire"
    status = "Enabled"

    expiration {
      days = var.days
    }
  }
}

output "id" {
  value = aws_s3_bucket.this.id
}
