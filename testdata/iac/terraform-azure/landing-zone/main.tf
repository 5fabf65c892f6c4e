terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 3.110"
    }
  }
}

provider "azurerm" {
  features {}
}

variable "location" {
  type    = string
  default = "westeurope"
}

variable "apps" {
  type = map(object({
    linux = optional(bool, true)
    http2 = optional(bool, false)
    tls   = optional(string, "1.2")
  }))
  default = {
    shop  = {}
    intra = { linux = false, tls = "1.0" }
  }
}

resource "azurerm_resource_group" "main" {
  name     = "rg-dune-${terraform.workspace}"
  location = var.location
}

module "network" {
  source = "./modules/network"

  resource_group = azurerm_resource_group.main.name
  location       = var.location
  rules = {
    ssh   = { port = "22", source = "*" }
    rdp   = { port = "3389", source = "0.0.0.0/0" }
    https = { port = "443", source = "Internet" }
  }
}

module "storage" {
  source   = "./modules/storage"
  for_each = { uploads = true, backup = false }

  name           = "dune${each.key}"
  resource_group = azurerm_resource_group.main.name
  location       = var.location
  public         = each.value
}

resource "azurerm_app_service" "app" {
  for_each = var.apps

  name                = "dune-${each.key}"
  location            = var.location
  resource_group_name = azurerm_resource_group.main.name
  app_service_plan_id = "plan"
  https_only          = each.key == "shop"
  client_cert_enabled = false

  site_config {
    http2_enabled   = each.value.http2
    min_tls_version = each.value.tls
  }

  dynamic "auth_settings" {
    for_each = each.value.linux ? [] : [1]

    content {
      enabled = false
    }
  }
}

resource "azurerm_function_app" "jobs" {
  name                       = "dune-jobs"
  location                   = var.location
  resource_group_name        = azurerm_resource_group.main.name
  app_service_plan_id        = "plan"
  storage_account_name       = module.storage["backup"].name
  storage_account_access_key = module.storage["backup"].key
}

resource "azurerm_role_definition" "operator" {
  name  = "operator"
  scope = data.azurerm_subscription.primary.id

  permissions {
    actions     = ["*"]
    not_actions = []
  }

  assignable_scopes = [data.azurerm_subscription.primary.id, "/"]
}

data "azurerm_subscription" "primary" {}
