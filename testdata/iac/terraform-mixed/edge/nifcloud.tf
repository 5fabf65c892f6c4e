resource "nifcloud_security_group" "web" {
  group_name        = "web"
  availability_zone = "east-11"
}

resource "nifcloud_security_group_rule" "web" {
  security_group_names = [nifcloud_security_group.web.group_name]
  type                 = "IN"
  from_port            = 443
  to_port              = 443
  protocol             = "TCP"
  cidr_ip              = "0.0.0.0/0"
}

resource "nifcloud_instance" "web" {
  instance_id       = "web"
  availability_zone = "east-11"
  image_id          = "221"
  instance_type     = "small"

  network_interface {
    network_id = "net-COMMON_GLOBAL"
  }

  network_interface {
    network_id = "net-COMMON_PRIVATE"
  }
}

resource "nifcloud_router" "main" {
  name = "main"

  network_interface {
    network_id = "net-COMMON_PRIVATE"
  }
}

resource "nifcloud_vpn_gateway" "main" {
  name = "main"
}

resource "nifcloud_load_balancer" "web" {
  load_balancer_name = "web"
  instance_port      = 80
  load_balancer_port = 80
  ssl_policy_name    = ""
}

resource "nifcloud_elb" "web" {
  elb_name      = "web"
  protocol      = "HTTP"
  lb_port       = 80
  instance_port = 80

  network_interface {
    network_id     = "net-COMMON_PRIVATE"
    is_vip_network = true
  }
}

resource "nifcloud_db_instance" "orders" {
  identifier              = "orders"
  engine                  = "MySQL"
  publicly_accessible     = true
  backup_retention_period = 0
  network_id              = "net-COMMON_PRIVATE"
}

resource "nifcloud_db_security_group" "orders" {
  group_name = "orders"

  rule {
    cidr_ip = "0.0.0.0/0"
  }
}

resource "nifcloud_nas_instance" "files" {
  identifier = "files"
  network_id = "net-COMMON_PRIVATE"
}

resource "nifcloud_nas_security_group" "files" {
  group_name = "files"

  rule {
    cidr_ip = "0.0.0.0/0"
  }
}

resource "nifcloud_dns_record" "verify" {
  zone_id = "example.com"
  name    = "@"
  type    = "TXT"
  record  = "nifty-dns-verify=abc"
}
