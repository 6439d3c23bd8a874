package local_test

import (
	"os"
	"testing"

	"hearth/internal/engine/local/localtest"
)

func TestMain(m *testing.M) {
	localtest.Main()
	diskMain()
	os.Exit(m.Run())
}
