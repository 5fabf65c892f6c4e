resource "openstack_compute_instance_v2" "build" {
  name        = "build"
  image_name  = "debian-12"
  flavor_name = "m1.large"
  admin_pass  = "set-by-cloud-init"
}

resource "openstack_networking_secgroup_v2" "build" {
  name = "build"
}

resource "openstack_networking_secgroup_rule_v2" "ssh" {
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = 22
  port_range_max    = 22
  remote_ip_prefix  = "0.0.0.0/0"
  security_group_id = openstack_networking_secgroup_v2.build.id
}

resource "openstack_networking_secgroup_rule_v2" "out" {
  direction         = "egress"
  ethertype         = "IPv4"
  remote_ip_prefix  = "0.0.0.0/0"
  security_group_id = openstack_networking_secgroup_v2.build.id
}

resource "openstack_fw_rule_v1" "web" {
  name                   = "web"
  action                 = "allow"
  protocol               = "tcp"
  destination_port       = "80"
  destination_ip_address = "0.0.0.0"
  enabled                = true
}
