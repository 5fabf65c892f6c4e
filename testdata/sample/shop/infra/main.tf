terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region = var.region
}

# Product pictures, served straight from the bucket. Who looks at them is in
# the content network's own log.
#trivy:ignore:aws-s3-enable-logging
resource "aws_s3_bucket" "pictures" {
  bucket = "shop-pictures"
}

resource "aws_s3_bucket_acl" "pictures" {
  bucket = aws_s3_bucket.pictures.id
  acl    = "public-read"
}

module "invoices" {
  source = "./modules/bucket"
  name   = "shop-invoices"
}

module "exports" {
  source = "./modules/bucket"
  name   = "shop-exports"
}

module "network" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.8.1"
  name    = "shop"
  cidr    = "10.20.0.0/16"
}

resource "aws_security_group" "web" {
  name        = "shop-web"
  description = "What reaches the web servers"
  vpc_id      = module.network.vpc_id

  ingress {
    description = "HTTPS from everywhere"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  ingress {
    description = "SSH"
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_db_instance" "orders" {
  identifier          = "shop-orders"
  engine              = "postgres"
  instance_class      = "db.t4g.small"
  allocated_storage   = 20
  username            = "shop"
  password            = var.db_password
  storage_encrypted   = false
  publicly_accessible = true
}

resource "aws_instance" "batch" {
  ami           = "ami-0abcd1234example0"
  instance_type = "t4g.small"

  root_block_device {
    volume_size = 20
  }
}
