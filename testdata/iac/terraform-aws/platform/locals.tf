locals {
  stage      = terraform.workspace == "default" ? "staging" : terraform.workspace
  production = local.stage == "production"
  prefix     = "${var.name}-${local.stage}"

  tags = {
    Owner = "platform"
    Stage = local.stage
  }

  zones   = { for i, z in var.availability_zones : z => i }
  public  = { for z, i in local.zones : z => cidrsubnet(var.cidr, 8, i) }
  private = { for z, i in local.zones : z => cidrsubnet(var.cidr, 8, i + 100) }

  alarms = {
    high-cpu    = { metric = "CPUUtilization", threshold = 80 }
    low-storage = { metric = "FreeStorageSpace", threshold = 10 * 1024 * 1024 * 1024 }
  }
}
