"""--format: what davit prints and refuses, beside what docker's real command makes of the same objects (testing/fake_docker.py)."""

import json

import pytest
from testing import images
from testing.fake_docker import FakeDockerd

CREATED = "2024-01-02T03:04:05.5Z"


@pytest.fixture(scope="module")
def module_folder():
    import os
    from pathlib import Path
    path = Path(os.environ["DAVIT_SANDBOX"]) / "templates"
    path.mkdir()
    return path


@pytest.fixture(scope="module")
def program(module_folder):
    """A store with an image under two names, an image without a name, and a container."""
    from testing.davit import Davit
    davit = Davit(module_folder)
    archive = module_folder / "tree.tar"
    archive.write_bytes(images.tar_of(images.file("etc/text", "text\n" * 100)))
    changes = ["LABEL a=1 b.c-d_e='x y<z>' empty=", "ENV A=b LANG=C", 'CMD ["sh","-c","x & <y>"]', "EXPOSE 80 443/udp", "HEALTHCHECK --interval=90s CMD true",
               "WORKDIR /w"]
    davit("import", *[word for change in changes for word in ("-c", change)], "-m", "a comment", archive, "app:1", env={"DAVIT_TEST_NOW": CREATED})
    davit("tag", "app:1", "team/app:2.0", env={"DAVIT_TEST_NOW": CREATED})
    archive.write_bytes(images.tar_of(images.file("etc/text", "other\n")))
    davit("import", "-m", "other", archive, env={"DAVIT_TEST_NOW": "2023-01-02T03:04:05Z"})
    return davit


@pytest.fixture(scope="module")
def dockers(docker_28, program, module_folder):
    fake = FakeDockerd(module_folder, program)
    yield fake
    fake.stop()


def same(dockers, program, *arguments):
    code, out, error = dockers(*arguments)
    ours = program(*arguments, code=None)
    # Docker walks names in the order of a Go map, another one each time.
    in_order = (lambda text: sorted(text.splitlines())) if arguments[0] in ("images", "image") else (lambda text: text)
    assert (ours.code, in_order(ours.stdout), ours.stderr.replace("davit", "docker")) == (code, in_order(out), error), arguments


# Each is applied to an image by inspect: by docker's Go type, and where that fails by the members of the JSON.
INSPECT = r"""
plain text
{{.ID}} {{.Id}}
{{.Config.Env}} {{.Config.Labels}} {{.Config.ExposedPorts}} {{.RootFS}} {{.Metadata}} {{.GraphDriver}} {{.Descriptor}}
{{json .}}
{{json .Config}} {{json .RootFS}} {{json .Metadata}} {{json .Descriptor}} {{json .Config.OnBuild}}
{{.Config.Healthcheck}} {{json .Config.Healthcheck}} {{.Config.Healthcheck.Interval}}
{{.Config.Hostname}} {{json .Config}} {{.Size}} {{.Config.Tty}} {{.Config.OnBuild}} {{.Config.Volumes}}
{{.Config.Hostname}} {{.}}
{{.Config.Hostname}} {{json .}}
{{.Config.Hostname}} {{printf "%T %T %T %T %T" . .Config .Size .Config.Env .Config.OnBuild}}
{{.Config.Hostname}} {{printf "%d %v %s" .Size .Size .Size}} {{eq .Config.OnBuild nil}}
{{.Config.Hostname}} {{.Config.Labels.nope}}
{{.Config.Hostname}} {{index .Config.Labels "nope"}}|{{index . "Config" "Env" 0}}
{{.Config.Hostname}} {{.Os.x}}
{{.Config.Hostname}} {{upper .Size}}
{{.Config.Hostname}} {{range $k, $v := .GraphDriver}}{{$k}}={{$v}};{{end}}
{{.Nope}}
{{.Config.Nope}}
{{.ID.x}}
{{.Config.Healthcheck.Nope}}
{{if eq .Os "windows"}}w{{else if eq .Os "linux"}}l{{else}}o{{end}}
{{.Config.Hostname}} {{range .Config.Healthcheck.Test}}{{.}},{{end}}{{slice .ID .Config}}
{{if not .Author}}none{{end}}{{if .Os}}{{else}}{{end}}
{{with .Author}}x{{else with .Os}}os {{.}}{{end}}{{with $x := .Os}}{{$x}}{{end}}
{{range $i, $e := .Config.Env}}{{if $i}}, {{end}}{{$i}}={{$e}}{{end}}
{{range $k, $v := .Config.Labels}}{{$k}}={{$v}} {{end}}{{range .Config.OnBuild}}x{{else}}empty{{end}}
{{range .Config.Env}}{{if eq . "A=b"}}{{continue}}{{end}}{{.}}{{break}}{{end}}
{{range 3}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{end}}{{range 0}}x{{else}}e{{end}}
{{range .Os}}x{{end}}
{{range 1.5}}x{{end}}
{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}{{if true}}{{$x = 3}}{{$x := 4}}{{$x}}{{end}}{{$x}} {{$.Os}}
{{$x := .Config}}{{$x.Env}}{{range .Config.Env}}{{$.Os}}{{end}}
{{.Os | printf "%s-%s" "a"}} {{"abc" | printf "%s %s" "x" | upper}} {{(print "a" | upper) | printf "%s!"}}
{{upper "abc" | lower | title}} {{title "hello world-foo_bar éa"}} {{upper "éß"}} {{lower "ÉÀ"}}
{{join .Config.Env ","}} {{join (split "a,b,c" ",") "-"}} {{split "abc" ""}} {{json (split "a,b" ",")}} {{index (split "a:b" ":") 1}}
[{{pad "a" 2 3}}] [{{pad "" 2 3}}] {{truncate "abcdef" 3}} {{truncate "ab" 3}}
{{pad "a" -1 3}}
{{truncate "abcdef" -1}}
{{json 3}} {{json "a<b>é \u2028 \x01 \" \\ \t"}} {{json nil}} {{json 1.5}} {{json true}}
{{html "<a href='x'>\"&"}} {{js "it's <b> \"x\" = \n é"}} {{urlquery "a b&c=d/é~-_."}} {{html 1 2 nil}}
{{len .Config.Env}} {{len .ID}} {{index .Config.Labels "a"}} {{index .ID 0}} {{slice .ID 7 19}} {{slice .Config.Env 1}}
{{len 3}}
{{len nil}}
{{index .Config.Env 9}}
{{index .Config.Env "a"}}
{{index .Config.Env -1}}
{{index .Config.Labels 1}}
{{index nil 1}}
{{slice .ID 19 7}}
{{slice .ID 7 19 20}}
{{slice 3}}
{{eq .Os "linux"}} {{eq 1 2 3 1}} {{ne 1 2}} {{lt 1 2}} {{le 2 2}} {{gt 1.5 1.0}} {{ge "b" "a"}} {{eq .Config nil}} {{eq .RootFS.Type .RootFS.Type}}
{{eq 1 "a"}}
{{lt true false}}
{{eq .Config.Env .Config.Env}}
{{eq .RootFS .RootFS}}
{{eq 1}}
{{and 1 0}} {{and 1 2}} {{or 0 "x"}} {{not 0}} {{and 0 (index .Config.Env 9)}} {{or 1 (index .Config.Env 9)}} {{1 | and 0}}
{{and}}
{{printf "%v %+v %#v" .RootFS .RootFS .RootFS}} {{printf "%#v %#v" .Config.Env .Config.Labels}}
{{printf "%5d|%-5d|%05d|%+d|% d|%x|%X|%#x|%o|%b|%c|%q|%U" 3 3 -3 3 3 255 255 255 8 5 65 66 0x263a}}
{{printf "%s|%q|%10.3s|%-6s|%x|% X" "a\tb" "a\"b" "abcdef" "é" "hi" "hi"}} {{printf "%t %v %5t|" true false true}}
{{printf "%f %.2f %8.3f|%-8.1f|%08.2f %e %g %v %v %v" 3.14159 3.14159 3.14159 3.14159 3.14159 1234.5678 1e-10 1e6 1.0 123456.789}}
{{printf "%d" "x"}} {{printf "%s" 3}} {{printf "%z" 3}} {{printf "%d %d" 1}} {{printf "%d" 1 2 "x"}} {{printf "%"}} {{printf "%!"}} {{printf "%v %s %d" nil nil nil}}
{{printf "%[2]d %[1]d" 1 2}} {{printf "%[3]d" 1 2}} {{printf "%*d|%-*d|" 5 1 5 1}} {{printf "%.*f" 2 3.14159}} {{printf "%6.2f%%" 12.345}}
{{printf "%T %T %T %T %T %T" 1 "a" 1.5 true .Config nil}} {{printf "%s|%q" .Metadata.LastTagTime .Config.Healthcheck.Interval}}
{{print 1 2 "a" "b" 3 4.5 true nil}} {{println "a" 1}}|
{{1}} {{-1}} {{+1}} {{0x1F}} {{0b101}} {{0o17}} {{017}} {{1_000}} {{1e3}} {{1.5}} {{.5}} {{0x1p4}} {{'a'}} {{'\u263a'}} {{true}} {{"\x41\u00e9\n"}} {{`raw \n`}}
{{/* comment */}}x {{- /* c */}} y
a {{- .Os -}} b {{- 3}} c {{-3}}
{{define "x"}}X{{.}}{{end}}{{template "x" .Os}}{{block "b" .Os}}[{{.}}]{{end}}{{template "x"}}
{{define "x"}}{{.Nope}}{{end}}{{template "x" .Os}}
{{template "nope"}}
{{define "x"}}X{{end}}{{define "x"}}Y{{end}}
{{call .ID}}
{{nope .ID}}
{{.ID
{{.ID}
{{}}
{{"unterminated}}
{{`unterminated}}
{{'ab'}}
{{9223372036854775808}}
{{18446744073709551616}}
{{1abc}}
{{nil}}
{{.Os "x"}}
{{"x" | .Os}}
{{1 | 2}}
{{1 2}}
{{(.Os) "a"}}
{{(.ID}}
{{.ID)}}
{{()}}
{{1.x}}
{{..}}
{{.ID.}}
{{$x}}
{{$x = 1}}
{{$x := }}
{{$a, $b := .Os}}
{{range $a, $b, $c := .Config.Env}}{{end}}
{{range $a, 3}}{{end}}
{{/* c }}
{{/* c */ x}}
{{if}}x{{end}}
{{if .Os}}x
{{if .Os}}x{{else}}y{{else}}z{{end}}
{{else}}
{{end}}
{{break}}
{{range 1}}{{continue .}}{{end}}
{{.ID | }}
{{.ID , .Os}}
{{.ID @}}
{{.a-b}}
{{upper 3}}
{{upper}}
{{upper "a" "b"}}
{{truncate .ID "3"}}
{{truncate .ID 1.5}}
{{print "\z"}}
{{wrong}} {{.ID}}
""".strip("\n").split("\n")

# Each is applied to the rows of images, history and ps.
LISTS = r"""
{{.ID}} {{.Size}} {{json .ID}} {{len .ID}} {{printf "%T" .ID}}
{{json .CreatedAt}}
{{.Nope}}
{{.ID
{{.ID "x"}}
{{.ID.x}}
{{len .}}
{{index . "ID"}}
{{with .}}{{.ID}}{{end}}{{$x := .}}{{$x.ID}}{{$.ID}}
{{.ID}}\t{{.CreatedAt}}\n
 {{.ID}} 
{{if .}}x{{end}}{{not .}}{{eq . nil}}{{printf "%T" .}}
table {{.ID}}
table {{.ID}}\t{{.Size}}\t{{.CreatedAt}}
table {{json .ID}}\t{{upper .Size}}\t{{truncate .ID 4}}\t{{pad .Size 1 1}}
table{{.ID}}\t{{.Size}}
table x{{/* c */}}\t{{.ID}}
table {{.Nope}}
table {{if eq .Size "x"}}{{.ID}}{{else}}{{.Size}}{{end}}
table {{slice .ID 0 4}}
table a\tb\n{{.ID}}\tc
table
json
pretty
""".strip("\n").split("\n")


@pytest.mark.parametrize("template", INSPECT)
def test_inspect_prints_and_refuses_what_docker_does(dockers, program, template):
    same(dockers, program, "inspect", "-f", template, "app:1")


@pytest.mark.parametrize("command", [("images",), ("images", "--digests", "--no-trunc"), ("images", "-q"), ("history", "app:1"), ("ps", "-a")], ids=" ".join)
def test_lists_print_and_refuse_what_docker_does(dockers, program, command):
    for template in LISTS:
        same(dockers, program, command[0], "--format", template, *command[1:])


@pytest.mark.parametrize("command", ["images", "images -a", "images --digests", "images -q --no-trunc", "images --format raw", "images --format raw --digests", "images --format raw -q",
                                     "image ls", "history app:1", "history -q app:1", "history -H=false --no-trunc app:1", "history nosuch:1", "ps -a", "ps -aq --no-trunc",
                                     "ps -a --format raw", "ps -a -q --format x", "inspect app:1 nosuch", "inspect nosuch", "inspect -f json app:1 app:1",
                                     "image inspect app:1 nosuch", "image inspect -f {{.ID}} nosuch app:1", "inspect --type image nosuch:1", "inspect --type container app:1",
                                     "inspect --type nope app:1", "inspect --type= app:1", "inspect -s app:1", "inspect -f {{.Nope}} app:1 nosuch"])
def test_lists_without_a_template(dockers, program, command):
    same(dockers, program, *command.split(" "))


def test_an_empty_name_is_no_object(dockers, program):
    same(dockers, program, "inspect", "")
    same(dockers, program, "image", "inspect", "")


def test_inspect_prints_one_line_for_each(program):
    printed = program("inspect", "--format", "{{index .RepoTags 0}}", "app:1", "team/app:2.0")
    assert printed.lines == ["app:1", "app:1"]


def test_rows_of_a_digest(davit, registry):
    image = images.busybox()
    reference = registry.push("team/app:1", image)
    davit("pull", "-q", reference)
    assert davit("images", "--format", "{{.Digest}}").stdout == image.digest + "\n"
    assert davit("images", "--format", "{{ .Digest }}").stdout == "<none>\n"  # as docker, which looks for {{.Digest}} in the text
    assert davit("images", "--digests", "--format", "table {{.Tag}}").lines[1].split() == ["1", image.digest]


def test_formats_of_dockers_configuration(davit, dockers, program):
    davit.docker_config.mkdir()
    (davit.docker_config / "config.json").write_text(json.dumps({"imagesFormat": "table {{.Tag}}", "psFormat": "x{{.ID}}"}))
    assert davit("images").stdout == "TAG\n"
    assert davit("images", "-q").stdout == ""
    assert davit("images", "--format", "table {{.ID}}").stdout == "IMAGE ID\n"
    assert davit("ps").stdout == ""


def test_configuration_that_cannot_be_read_hides_no_list(davit, folder):
    (folder / "odd/config.json").mkdir(parents=True)
    for command, header in (("images", "REPOSITORY "), ("ps", "CONTAINER ID ")):
        listed = davit(command, env={"DOCKER_CONFIG": str(folder / "odd")})
        assert listed.stdout.startswith(header)
        assert listed.stderr == f"WARNING: Error loading config file: read {folder}/odd/config.json: is a directory\n"


@pytest.mark.parametrize("template, words", [
    ("{{1i}}", "complex numbers are not supported"),
    ("{{" + "(" * 1000, "max expression depth exceeded"),
    ('{{define "r"}}{{template "r"}}{{end}}{{template "r"}}', "exceeded maximum template depth"),
    ("{{range 100000}}{{range 100000}}{{end}}{{end}}", "exceeded maximum number of steps"),
    ('{{$x := "aaaaaaaa"}}{{range 40}}{{$x = print $x $x}}{{end}}', "output larger than"),
    ('{{pad "a" 1000000000 0}}', "output larger than"),
    ('{{len (split (pad "a" 10000000 0) "")}}', "more than 1000000 parts"),
    ('{{range 100}}{{$x := pad "a" 10000000 0}}{{end}}', "made on the way"),
])
def test_what_runs_away_is_refused(program, template, words):
    failed = program("inspect", "-f", template, "app:1", code=None, timeout=60)
    assert failed.code in (1, 64) and words in failed.stderr and failed.stderr.startswith("template parsing error: template: :1")


def test_a_row_as_a_whole_is_refused_by_name(program):
    failed = program("images", "--format", "{{.}}", code=1)
    assert "can't print {{.}} of type *formatter.imageContext: use {{json .}}" in failed.stderr


def test_join_takes_any_list(program):
    # As docker's command since 29; 28 takes []string alone, and what is found by the members of the JSON is none.
    assert program("inspect", "-f", '{{.Config.Hostname}}{{join .Config.Cmd ","}}', "app:1").stdout == "sh,-c,x & <y>\n"


def test_version_in_dockers_shape(program):
    version = json.loads(program("version", "--format", "json").stdout)
    assert version["Client"]["Version"] == version["Server"]["Version"] and version["Server"]["Os"] == "linux"
    assert program("version", "-f", "{{.Client.Version}} {{.Server.Arch}}").stdout == f"{version['Client']['Version']} {version['Server']['Arch']}\n"
    failed = program("version", "-f", "{{.Nope}}", code=1)
    assert (failed.stdout, failed.stderr) == ("\n", "template: version:1:2: executing \"version\" at <.Nope>: can't evaluate field Nope in type system.versionInfo\n")
    assert program("version", "-f", "{{.Nope", code=64).stderr == "template parsing error: template: version:1: unclosed action\n"


def test_info_by_a_template(program):
    info = json.loads(program("info", "--format", "{{json .}}").stdout)
    assert program("info", "-f", "{{.ID}} {{.NCPU}} {{.Driver}}").stdout == f"{info['ID']} {info['NCPU']} {info['Driver']}\n"
    failed = program("info", "-f", "a{{.Nope}}", code=1)
    assert failed.stdout == "a\n" and failed.stderr.endswith("can't evaluate field Nope in type system.dockerInfo\n")
    assert program("info", "-f", "{{", code=64).stderr == "template parsing error: template: :1: unclosed action\n"


def test_tags_log_by_a_template(program):
    moves = program("tags", "log", "--format", "{{.Entry}} {{.By}} {{.From}} {{.State}}", "app:1")
    assert moves.stdout == "@{0} import <none> here\n"
    assert json.loads(program("tags", "log", "--format", "json", "app:1").stdout)["Reference"] == "app:1"
