module example.com/shop

go 1.21

require (
	example.com/local v1.0.0
	golang.org/x/net v0.17.0
	gopkg.in/yaml.v2 v2.2.8
)

require golang.org/x/text v0.13.0 // indirect

replace example.com/local => ./local

replace gopkg.in/yaml.v2 v2.2.8 => gopkg.in/yaml.v2 v2.2.2

replace golang.org/x/text => golang.org/x/text v0.3.7
