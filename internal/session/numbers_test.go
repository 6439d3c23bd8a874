package session_test

import "testing"

func TestManager_NextNumber_GoesOnAfterARestartAndDeletions(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *house) {
		for want := range int64(4) {
			if want == 2 {
				h.ready("a")
				if err := h.Delete(t.Context(), ref("a")); err != nil {
					t.Fatal(err)
				}
				h.restart()
			}
			if n, err := h.NextNumber(t.Context(), "livy/sessions"); n != want || err != nil {
				t.Errorf("number is %d, %v, want %d", n, err, want)
			}
		}
	})
}
