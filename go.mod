module github.com/xianda-bot/xianda

go 1.26
