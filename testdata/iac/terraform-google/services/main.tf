terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 5.40"
    }
  }
}

provider "google" {
  project = var.project
  region  = var.region
}

variable "project" {
  type    = string
  default = "fjord-services"
}

variable "region" {
  type    = string
  default = "europe-north1"
}

variable "buckets" {
  type = map(object({
    uniform = optional(bool, false)
    members = optional(list(string), [])
  }))
  default = {
    assets  = { members = ["allUsers"] }
    backups = { uniform = true, members = ["group:ops@fjord.example"] }
  }
}

locals {
  members = merge([
    for name, b in var.buckets : {
      for m in b.members : "${name}/${m}" => { bucket = name, member = m }
    }
  ]...)
}

resource "google_storage_bucket" "this" {
  for_each = var.buckets

  name                        = "fjord-${each.key}"
  location                    = "EU"
  uniform_bucket_level_access = each.value.uniform
}

resource "google_storage_bucket_iam_member" "this" {
  for_each = local.members

  bucket = google_storage_bucket.this[each.value.bucket].name
  role   = "roles/storage.objectViewer"
  member = each.value.member
}

module "network" {
  source = "./modules/network"

  name = "services"
  open = { ssh = ["22"], web = ["80", "443"] }
}

module "cluster" {
  source = "./modules/gke"

  name    = "services"
  network = module.network.id
  labels  = {}
  pools   = { general = 3, batch = 1 }
}

resource "google_bigquery_dataset" "events" {
  dataset_id = "events"

  access {
    role          = "READER"
    special_group = "allAuthenticatedUsers"
  }
}

resource "google_dns_managed_zone" "public" {
  name     = "public"
  dns_name = "fjord.example."

  dnssec_config {
    state = "off"

    default_key_specs {
      algorithm = "rsasha1"
      key_type  = "keySigning"
    }
  }
}

resource "google_kms_key_ring" "main" {
  name     = "main"
  location = "global"
}

resource "google_kms_crypto_key" "data" {
  name            = "data"
  key_ring        = google_kms_key_ring.main.id
  rotation_period = "31536000s"
}
