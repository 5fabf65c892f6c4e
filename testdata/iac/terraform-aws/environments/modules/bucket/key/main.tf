variable "alias" { type = string }

resource "aws_kms_key" "this" {
  description = var.alias
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.alias}"
  target_key_id = aws_kms_key.this.id
}

output "arn" {
  value = aws_kms_key.this.arn
}
