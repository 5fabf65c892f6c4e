variable "resource_group" { type = string }
variable "location" { type = string }

variable "rules" {
  type = map(object({
    port   = string
    source = string
  }))
}

resource "azurerm_network_security_group" "this" {
  name                = "nsg"
  location            = var.location
  resource_group_name = var.resource_group

  dynamic "security_rule" {
    for_each = var.rules

    content {
      name                       = security_rule.key
      priority                   = 100 + index(keys(var.rules), security_rule.key)
      direction                  = "Inbound"
      access                     = "Allow"
      protocol                   = "Tcp"
      source_port_range          = "*"
      destination_port_range     = security_rule.value.port
      source_address_prefix      = security_rule.value.source
      destination_address_prefix = "*"
    }
  }
}

resource "azurerm_network_security_rule" "out" {
  name                        = "out"
  priority                    = 400
  direction                   = "Outbound"
  access                      = "Allow"
  protocol                    = "*"
  source_port_range           = "*"
  destination_port_range      = "*"
  source_address_prefix       = "*"
  destination_address_prefix  = "*"
  resource_group_name         = var.resource_group
  network_security_group_name = azurerm_network_security_group.this.name
}

resource "azurerm_network_watcher_flow_log" "this" {
  name                      = "flow"
  network_watcher_name      = "watcher"
  resource_group_name       = var.resource_group
  network_security_group_id = azurerm_network_security_group.this.id
  storage_account_id        = "storage"
  enabled                   = true

  retention_policy {
    enabled = true
    days    = 7
  }
}
