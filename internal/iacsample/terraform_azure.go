package iacsample

// azureMain is a root module for another cloud.
const azureMain = `
provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "mirror" {
  name     = "mirror"
  location = "westeurope"
}

resource "azurerm_storage_account" "mirror" {
  for_each = { images = "TLS1_0", backups = "TLS1_2" }

  name                      = "mirror${each.key}"
  resource_group_name       = azurerm_resource_group.mirror.name
  location                  = azurerm_resource_group.mirror.location
  account_tier              = "Standard"
  account_replication_type  = "LRS"
  min_tls_version           = each.value
  enable_https_traffic_only = each.key == "backups"
}

resource "azurerm_network_security_group" "mirror" {
  name                = "mirror"
  location            = azurerm_resource_group.mirror.location
  resource_group_name = azurerm_resource_group.mirror.name

  dynamic "security_rule" {
    for_each = { ssh = 22, https = 443, rdp = 3389 }

    content {
      name                       = security_rule.key
      priority                   = 100 + security_rule.value % 97
      direction                  = "Inbound"
      access                     = "Allow"
      protocol                   = "Tcp"
      source_port_range          = "*"
      destination_port_range     = tostring(security_rule.value)
      source_address_prefix      = "*"
      destination_address_prefix = "*"
    }
  }
}
`
