PYTHON ?= python3

book serve lab offline pdf epub test pages coverage mutants honest links sweep set_up clean:
	@$(PYTHON) tools/tasks.py $@

requirements.txt: pyproject.toml
	uv pip compile --universal --python-version 3.11 --extra test --extra lab \
	    --no-emit-index-url --no-emit-find-links --no-annotate \
	    --custom-compile-command "make requirements.txt" --output-file $@ pyproject.toml

.PHONY: book serve lab offline pdf epub test pages coverage mutants honest links sweep set_up clean
