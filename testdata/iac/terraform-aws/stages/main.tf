# The defaults are safe; the stages' files are not.
variable "public" {
  type    = bool
  default = false
}

variable "encrypted" {
  type    = bool
  default = true
}

variable "office" {
  type    = list(string)
  default = ["203.0.113.0/24"]
}

resource "aws_db_instance" "orders" {
  identifier                          = "orders-${terraform.workspace}"
  engine                              = "postgres"
  instance_class                      = "db.t4g.medium"
  publicly_accessible                 = var.public
  storage_encrypted                   = var.encrypted
  deletion_protection                 = true
  backup_retention_period             = 14
  iam_database_authentication_enabled = true
}

resource "aws_security_group" "orders" {
  name        = "orders"
  description = "Orders' database"

  ingress {
    description = "Postgres from the office"
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = var.office
  }
}
