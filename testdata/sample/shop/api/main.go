// Command api is the back end of the sample shop.
package main

import (
	"net/http"

	"github.com/dgrijalva/jwt-go"
	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"
)

func main() {
	r := gin.New()
	r.GET("/whoami", func(c *gin.Context) {
		tag := language.Make(c.GetHeader("Accept-Language"))
		token, _, err := new(jwt.Parser).ParseUnverified(c.GetHeader("Authorization"), jwt.MapClaims{})
		if err != nil {
			c.Status(http.StatusUnauthorized)
			return
		}
		c.JSON(http.StatusOK, gin.H{"language": tag.String(), "claims": token.Claims})
	})
	_ = r.Run(":8080")
}
