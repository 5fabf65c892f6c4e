resource "aws_sqs_queue" "jobs" {
  name = "${var.undeclared}-${local.missing.name}"
}

module "gone" {
  source = "./modules/gone"
}

locals {
  a = local.b
  b = local.a
}

resource "aws_sns_topic" "loop" {
  name = local.a
}
