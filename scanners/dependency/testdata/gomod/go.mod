module example.com/old

go 1.22

require (
	github.com/dgrijalva/jwt-go v3.2.0+incompatible
	golang.org/x/text v0.3.8 // indirect
	gopkg.in/yaml.v2 v2.2.8 // indirect
)

replace golang.org/x/text => golang.org/x/text v0.3.7

replace github.com/gin-gonic/gin => ../gin
