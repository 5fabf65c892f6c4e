resource "azurerm_kubernetes_cluster" "main" {
  name                = "dune"
  location            = var.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "dune"

  default_node_pool {
    name       = "default"
    node_count = 2
    vm_size    = "Standard_D2_v2"
  }

  role_based_access_control {
    enabled = false
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_linux_virtual_machine" "jump" {
  count = 2

  name                            = "jump-${count.index}"
  resource_group_name             = azurerm_resource_group.main.name
  location                        = var.location
  size                            = "Standard_B2s"
  admin_username                  = "dune"
  disable_password_authentication = count.index == 1
  network_interface_ids           = []

  custom_data = base64encode(<<-EOT
    #!/bin/sh
    apt-get update
  EOT
  )

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Standard_LRS"
  }
}

resource "azurerm_managed_disk" "data" {
  name                 = "data"
  location             = var.location
  resource_group_name  = azurerm_resource_group.main.name
  storage_account_type = "Standard_LRS"
  create_option        = "Empty"
  disk_size_gb         = 128

  encryption_settings {
    enabled = false
  }
}

resource "azurerm_monitor_log_profile" "default" {
  name       = "default"
  categories = ["Action"]
  locations  = ["westeurope"]

  retention_policy {
    enabled = true
    days    = 30
  }
}

resource "azurerm_security_center_contact" "team" {
  email               = "security@dune.example"
  alert_notifications = false
  alerts_to_admins    = false
}

resource "azurerm_security_center_subscription_pricing" "vm" {
  tier          = "Free"
  resource_type = "VirtualMachines"
}
