variable "name" { type = string }
variable "resource_group" { type = string }
variable "location" { type = string }

variable "public" {
  type    = bool
  default = false
}

resource "azurerm_storage_account" "this" {
  name                      = var.name
  resource_group_name       = var.resource_group
  location                  = var.location
  account_tier              = "Standard"
  account_replication_type  = "LRS"
  enable_https_traffic_only = !var.public
  min_tls_version           = var.public ? "TLS1_0" : "TLS1_2"

  queue_properties {
    logging {
      delete  = false
      read    = false
      write   = true
      version = "1.0"
    }
  }
}

resource "azurerm_storage_container" "files" {
  name                  = "files"
  storage_account_name  = azurerm_storage_account.this.name
  container_access_type = var.public ? "blob" : "private"
}

resource "azurerm_storage_account_network_rules" "this" {
  storage_account_id = azurerm_storage_account.this.id
  default_action     = var.public ? "Allow" : "Deny"
  bypass             = var.public ? ["Metrics"] : ["AzureServices"]
}

output "name" {
  value = azurerm_storage_account.this.name
}

output "key" {
  value     = azurerm_storage_account.this.primary_access_key
  sensitive = true
}
