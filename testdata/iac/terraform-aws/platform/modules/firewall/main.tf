variable "name" { type = string }
variable "vpc_id" { type = string }
variable "port" { type = number }
variable "cidrs" { type = list(string) }

variable "description" {
  type    = string
  default = null
}

resource "aws_security_group" "this" {
  name        = var.name
  description = var.description
  vpc_id      = var.vpc_id
}

resource "aws_security_group_rule" "in" {
  type              = "ingress"
  description       = var.description
  from_port         = var.port
  to_port           = var.port
  protocol          = "tcp"
  cidr_blocks       = [for c in var.cidrs : c if !strcontains(c, ":")]
  ipv6_cidr_blocks  = [for c in var.cidrs : c if strcontains(c, ":")]
  security_group_id = aws_security_group.this.id
}

resource "aws_vpc_security_group_egress_rule" "out" {
  security_group_id = aws_security_group.this.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

output "id" {
  value = aws_security_group.this.id
}
