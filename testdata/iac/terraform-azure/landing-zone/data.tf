resource "azurerm_mssql_server" "orders" {
  name                          = "dune-orders"
  resource_group_name           = azurerm_resource_group.main.name
  location                      = var.location
  version                       = "12.0"
  administrator_login           = "dune"
  minimum_tls_version           = "1.0"
  public_network_access_enabled = true
}

resource "azurerm_mssql_firewall_rule" "all" {
  name             = "all"
  server_id        = azurerm_mssql_server.orders.id
  start_ip_address = "0.0.0.0"
  end_ip_address   = "255.255.255.255"
}

resource "azurerm_mssql_server_extended_auditing_policy" "orders" {
  server_id         = azurerm_mssql_server.orders.id
  retention_in_days = 30
}

resource "azurerm_mssql_server_security_alert_policy" "orders" {
  resource_group_name  = azurerm_resource_group.main.name
  server_name          = azurerm_mssql_server.orders.name
  state                = "Enabled"
  disabled_alerts      = ["Sql_Injection"]
  email_account_admins = false
}

resource "azurerm_postgresql_server" "profiles" {
  name                             = "dune-profiles"
  location                         = var.location
  resource_group_name              = azurerm_resource_group.main.name
  sku_name                         = "GP_Gen5_4"
  version                          = "11"
  ssl_enforcement_enabled          = false
  ssl_minimal_tls_version_enforced = "TLS1_0"
  public_network_access_enabled    = true
}

resource "azurerm_postgresql_configuration" "profiles" {
  for_each = { log_connections = "off", log_checkpoints = "off", connection_throttling = "off" }

  name                = each.key
  resource_group_name = azurerm_resource_group.main.name
  server_name         = azurerm_postgresql_server.profiles.name
  value               = each.value
}

resource "azurerm_key_vault" "main" {
  name                     = "dune-vault"
  location                 = var.location
  resource_group_name      = azurerm_resource_group.main.name
  tenant_id                = "11111111-2222-3333-4444-555555555555"
  sku_name                 = "standard"
  purge_protection_enabled = false
}

resource "azurerm_key_vault_secret" "orders" {
  name         = "orders"
  value        = var.orders_secret
  key_vault_id = azurerm_key_vault.main.id
}

variable "orders_secret" {
  type      = string
  sensitive = true
}

resource "azurerm_key_vault_key" "disk" {
  name         = "disk"
  key_vault_id = azurerm_key_vault.main.id
  key_type     = "RSA"
  key_size     = 2048
  key_opts     = ["wrapKey", "unwrapKey"]
}

resource "azurerm_data_factory" "etl" {
  name                = "dune-etl"
  location            = var.location
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_data_lake_store" "lake" {
  name                = "dunelake"
  resource_group_name = azurerm_resource_group.main.name
  location            = var.location
  encryption_state    = "Disabled"
}

resource "azurerm_synapse_workspace" "bi" {
  name                                 = "dune-bi"
  resource_group_name                  = azurerm_resource_group.main.name
  location                             = var.location
  storage_data_lake_gen2_filesystem_id = "lake"
  sql_administrator_login              = "dune"
}
