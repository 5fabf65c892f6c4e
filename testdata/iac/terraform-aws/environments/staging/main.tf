locals {
  stage = "staging"

  services = {
    web  = { ports = { http = 80, https = 443 }, bucket = { create = true, public = true } }
    mail = { ports = { smtp = 25 }, bucket = { create = false } }
  }
}

module "service" {
  source   = "../modules/service"
  for_each = local.services

  name       = each.key
  stage      = local.stage
  open_ports = each.value.ports
  bucket     = each.value.bucket
}

module "archive" {
  source = "../modules/bucket"

  name = "archive-${local.stage}"
}

output "buckets" {
  value = { for name, s in module.service : name => s.bucket }
}
