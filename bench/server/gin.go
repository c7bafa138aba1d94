// SPDX-License-Identifier: MIT
// The recipe's web server, for comparison: gin in release mode, the same reply as baton-hello.
package main

import (
	"os"
	"strconv"

	"github.com/gin-gonic/gin"
)

func main() {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	pid := strconv.Itoa(os.Getpid())
	r.GET("/hello", func(c *gin.Context) {
		c.JSON(200, gin.H{"message": "hello", "ver": "1", "pid": pid})
	})
	if err := r.Run(os.Args[1]); err != nil {
		panic(err)
	}
}
