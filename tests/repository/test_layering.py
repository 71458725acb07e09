"""The folders under src/ use each other only as their CMakeLists.txt declare."""

import re

import graph

FOLDERS = graph.folders()


def test_every_include_is_declared():
    wrong = []
    for folder in FOLDERS.values():
        for tests, declared in ((False, folder.uses), (True, folder.uses | folder.test_uses)):
            for file, line, used in folder.includes(tests):
                if used in FOLDERS and used != folder.name and used not in declared:
                    wrong.append(f"{file.relative_to(graph.ROOT)}:{line}: {folder.name} does not declare USES {used}")
    assert not wrong, "\n".join(wrong)


def test_every_declaration_is_needed():
    idle = []
    for folder in FOLDERS.values():
        included = {used for _, _, used in folder.includes(tests=False)}
        idle += [f"src/{folder.name}/CMakeLists.txt: USES {used}, and includes nothing of it" for used in sorted(folder.uses - included)]
    assert not idle, "\n".join(idle)


def test_declared_folders_exist():
    unknown = [f"src/{folder.name}: USES {used}" for folder in FOLDERS.values()
               for used in sorted((folder.uses | folder.test_uses) - set(FOLDERS))]
    assert not unknown, "\n".join(unknown)


def test_there_is_no_cycle():
    graph.levels({name: folder.uses for name, folder in FOLDERS.items()})


def test_every_source_file_is_listed():
    """A file that no CMakeLists.txt names is never built, so it would rot."""
    stray = []
    for folder in FOLDERS.values():
        listed = re.findall(r"[\w./]+\.cpp", folder.text)
        for file in folder.files():
            if file.suffix == ".cpp" and str(file.relative_to(folder.path)) not in listed:
                stray.append(str(file.relative_to(graph.ROOT)))
    assert not stray, "\n".join(stray)


def test_architecture_page_has_the_graph():
    assert graph.page_with(graph.render(FOLDERS)) == graph.PAGE.read_text(), "run ./dev fmt"
