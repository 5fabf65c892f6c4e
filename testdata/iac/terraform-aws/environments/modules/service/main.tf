variable "name" { type = string }

variable "stage" { type = string }

variable "open_ports" {
  type    = map(number)
  default = {}
}

variable "bucket" {
  type = object({
    create = bool
    public = optional(bool, false)
  })
  default = { create = false }
}

module "bucket" {
  source = "../bucket"
  count  = var.bucket.create ? 1 : 0

  name   = "${var.name}-${var.stage}"
  public = var.bucket.public
}

resource "aws_security_group" "this" {
  name        = var.name
  description = "Ports of ${var.name}"

  dynamic "ingress" {
    for_each = var.open_ports

    content {
      description = ingress.key
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name = "/${var.stage}/${var.name}"
}

output "bucket" {
  value = one(module.bucket[*].arn)
}
