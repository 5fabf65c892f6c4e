module example.com/older

go 1.16

require (
	github.com/gin-gonic/gin v1.9.1
	golang.org/x/text v0.3.6 // indirect
)
