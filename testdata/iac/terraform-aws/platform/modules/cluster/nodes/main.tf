variable "name" { type = string }
variable "cluster" { type = string }
variable "group" { type = any }

resource "aws_launch_template" "this" {
  name_prefix   = var.name
  instance_type = var.group.type
  user_data     = base64encode(templatefile("${path.module}/bootstrap.sh.tftpl", { cluster = var.cluster, labels = { pool = var.name } }))

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = var.group.imdsv2 ? "required" : "optional"
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size = 40
      encrypted   = false
    }
  }
}

resource "aws_autoscaling_group" "this" {
  name             = var.name
  min_size         = var.group.size
  max_size         = var.group.size * 2
  desired_capacity = var.group.size

  launch_template {
    id      = aws_launch_template.this.id
    version = "$Latest"
  }
}

resource "aws_launch_configuration" "spot" {
  name_prefix                 = "${var.name}-spot-"
  image_id                    = "ami-0123456789abcdef0"
  instance_type               = var.group.type
  associate_public_ip_address = true

  root_block_device {
    volume_size = 30
  }
}
