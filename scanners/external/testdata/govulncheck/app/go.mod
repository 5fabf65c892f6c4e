module example.invalid/shop

go 1.21

require example.invalid/leaf v0.9.1

require example.invalid/quiet v1.0.0 // indirect
