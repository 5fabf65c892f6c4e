variable "name" { type = string }

variable "open" {
  type = map(list(string))
}

resource "google_compute_network" "this" {
  name                    = var.name
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "this" {
  name          = var.name
  network       = google_compute_network.this.id
  ip_cidr_range = "10.60.0.0/20"
}

resource "google_compute_firewall" "in" {
  for_each = var.open

  name          = "${var.name}-${each.key}"
  network       = google_compute_network.this.name
  direction     = "INGRESS"
  source_ranges = ["0.0.0.0/0"]

  allow {
    protocol = "tcp"
    ports    = each.value
  }
}

resource "google_compute_firewall" "out" {
  name               = "${var.name}-out"
  network            = google_compute_network.this.name
  direction          = "EGRESS"
  destination_ranges = ["0.0.0.0/0"]

  allow {
    protocol = "all"
  }
}

output "id" {
  value = google_compute_network.this.id
}
