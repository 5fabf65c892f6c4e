encrypted = false
public    = true
