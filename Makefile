# The usual verbs; each is one command that can be typed as well.
.PHONY: build release test format run stop

build:    ## the dev build, with tests
	cmake --preset dev && cmake --build --preset dev

release:  ## the program alone, optimised
	cmake --preset release && cmake --build --preset release --target tidemill

test:
	./test

format:   ## clang-format over our C++
	git ls-files -z '*.h' '*.cpp' | xargs -0 clang-format-19 -i

run: release
	build/release/tidemill serve --data .tidemill/data

stop:
	./quickstart stop
