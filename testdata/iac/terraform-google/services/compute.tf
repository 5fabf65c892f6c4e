resource "google_compute_instance" "runner" {
  count = 2

  name           = "runner-${count.index}"
  machine_type   = "e2-standard-4"
  zone           = "${var.region}-a"
  can_ip_forward = count.index == 0

  boot_disk {
    initialize_params {
      image = "debian-cloud/debian-12"
    }
  }

  network_interface {
    network = "default"

    access_config {}
  }

  metadata = {
    block-project-ssh-keys = false
    serial-port-enable     = true
    enable-oslogin         = false
  }

  shielded_instance_config {
    enable_vtpm                 = false
    enable_integrity_monitoring = false
    enable_secure_boot          = false
  }

  service_account {
    email  = "123456789012-compute@developer.gserviceaccount.com"
    scopes = ["cloud-platform"]
  }
}

resource "google_compute_disk" "cache" {
  name = "cache"
  size = 100
  zone = "${var.region}-a"
}

resource "google_compute_project_metadata" "default" {
  metadata = {
    enable-oslogin = false
  }
}

resource "google_compute_ssl_policy" "old" {
  name            = "old"
  min_tls_version = "TLS_1_0"
}

resource "google_sql_database_instance" "orders" {
  name             = "orders"
  database_version = "POSTGRES_15"

  settings {
    tier = "db-custom-2-8192"

    dynamic "database_flags" {
      for_each = {
        log_connections            = "off"
        log_disconnections         = "off"
        log_checkpoints            = "off"
        log_lock_waits             = "off"
        log_temp_files             = "-1"
        log_min_duration_statement = "99"
        log_min_messages           = "PANIC"
      }

      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }

    backup_configuration {
      enabled = false
    }

    ip_configuration {
      ipv4_enabled = true
      require_ssl  = false

      authorized_networks {
        name  = "everywhere"
        value = "0.0.0.0/0"
      }
    }
  }
}

resource "google_sql_database_instance" "wiki" {
  name             = "wiki"
  database_version = "MYSQL_8_0"

  settings {
    tier = "db-f1-micro"

    database_flags {
      name  = "local_infile"
      value = "on"
    }
  }
}

resource "google_sql_database_instance" "ledger" {
  name             = "ledger"
  database_version = "SQLSERVER_2019_STANDARD"

  settings {
    tier = "db-custom-2-8192"

    database_flags {
      name  = "contained database authentication"
      value = "on"
    }

    database_flags {
      name  = "cross db ownership chaining"
      value = "on"
    }
  }
}
