package glue

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRequirements_QuotesAndCommas_AreThoseOfTheList(t *testing.T) {
	for value, want := range map[string][]string{
		``: nil, ` , ,`: nil, `pandas`: {"pandas"}, `pandas>=2,<3, uvicorn[a,b]==1 ,`: {"pandas>=2,<3", "uvicorn[a,b]==1"},
		`"pandas"`: {"pandas"}, `'pandas==2.2.3', "numpy"`: {"pandas==2.2.3", "numpy"}, `"pandas>=2,<3",numpy`: {"pandas>=2,<3", "numpy"},
		`"pandas==2.2.3,numpy"`: {"pandas==2.2.3", "numpy"}, ` 'a' , b, "c" `: {"a", "b", "c"}, `"'a','b'"`: {"a", "b"}, `""`: nil, `"a",`: {"a"},
		`x; python_version < "3.9", y`: {`x; python_version < "3.9"`, "y"}, `"x; python_version < '3.9'"`: {`x; python_version < '3.9'`},
		`"a`: {`"a`}, `"a"b`: {`"a"b`}, `a"`: {`a"`}, `"lib/x.whl"`: {"lib/x.whl"}, `"-r x"`: {"-r x"},
	} {
		if diff := cmp.Diff(want, requirements(value)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", value, diff)
		}
	}
}
