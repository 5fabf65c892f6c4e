variable "name" { type = string }
variable "network" { type = string }
variable "labels" { type = map(string) }
variable "pools" { type = map(number) }

resource "google_container_cluster" "this" {
  name                     = var.name
  network                  = var.network
  location                 = "europe-north1"
  remove_default_node_pool = false
  initial_node_count       = 1
  enable_legacy_abac       = true
  logging_service          = "none"
  monitoring_service       = "none"
  resource_labels          = var.labels
  enable_shielded_nodes    = false

  master_auth {
    username = "admin"

    client_certificate_config {
      issue_client_certificate = true
    }
  }

  master_authorized_networks_config {
    cidr_blocks {
      cidr_block   = "0.0.0.0/0"
      display_name = "everywhere"
    }
  }

  node_config {
    image_type = "UBUNTU"

    metadata = {
      disable-legacy-endpoints = false
    }

    workload_metadata_config {
      node_metadata = "EXPOSE"
    }
  }
}

resource "google_container_node_pool" "this" {
  for_each = var.pools

  name       = each.key
  cluster    = google_container_cluster.this.id
  node_count = each.value

  management {
    auto_repair  = each.key == "general"
    auto_upgrade = false
  }
}
