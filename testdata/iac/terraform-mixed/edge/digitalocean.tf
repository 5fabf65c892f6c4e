variable "ssh_keys" {
  type    = list(string)
  default = []
}

resource "digitalocean_droplet" "edge" {
  count = 2

  name     = "edge-${count.index}"
  image    = "ubuntu-24-04-x64"
  region   = "ams3"
  size     = "s-1vcpu-1gb"
  ssh_keys = var.ssh_keys
}

resource "digitalocean_firewall" "edge" {
  name        = "edge"
  droplet_ids = digitalocean_droplet.edge[*].id

  inbound_rule {
    protocol         = "tcp"
    port_range       = "22"
    source_addresses = ["0.0.0.0/0", "::/0"]
  }

  outbound_rule {
    protocol              = "tcp"
    port_range            = "1-65535"
    destination_addresses = ["0.0.0.0/0", "::/0"]
  }
}

resource "digitalocean_loadbalancer" "edge" {
  name   = "edge"
  region = "ams3"

  forwarding_rule {
    entry_port      = 80
    entry_protocol  = "http"
    target_port     = 80
    target_protocol = "http"
  }
}

resource "digitalocean_kubernetes_cluster" "edge" {
  name          = "edge"
  region        = "ams3"
  version       = "1.30.2-do.0"
  surge_upgrade = false

  node_pool {
    name       = "default"
    size       = "s-2vcpu-2gb"
    node_count = 1
  }
}

resource "digitalocean_spaces_bucket" "media" {
  name          = "media"
  region        = "ams3"
  acl           = "public-read"
  force_destroy = true
}
