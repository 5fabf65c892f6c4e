resource "cloudstack_instance" "legacy" {
  name             = "legacy"
  service_offering = "small"
  template         = "CentOS 7"
  zone             = "zone-1"

  user_data = <<-EOT
    #!/bin/sh
    echo "hello" > /etc/motd
  EOT
}

resource "opc_compute_ip_address_reservation" "legacy" {
  name            = "legacy"
  ip_address_pool = "public-ippool"
}

resource "opc_compute_ip_address_reservation" "inner" {
  name            = "inner"
  ip_address_pool = "cloud-ippool"
}
