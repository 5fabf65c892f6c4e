module example.com/shop

go 1.22.0

toolchain go1.22.5

require (
	golang.org/x/text v0.3.7
	gopkg.in/yaml.v2 v2.2.2
)
