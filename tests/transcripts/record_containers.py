"""Records docker-transcripts-5.txt: what docker prints about the life of containers. Run by tests/testing/sandbox; the argument is the file to write,
further ones name sections to record alone.

A line of SCRIPT is a docker command, `+ COMMAND` a shell's in the same folder, `## NAME` begins a section. A section begins with the images alone:
box:1 (busybox), data:1 (a volume that has a file, labels) and app:1 (entrypoint, user, working directory, stop signal, port)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from testing.recorder import record

SCRIPT = r"""
## create
create
create --name c1 --network none box:1 true
create --name c1 --network none box:1 true
create --name a --network none box:1 true
create --name 'b d' --network none box:1 true
create --name /c2 --network none box:1 true
create --name -x --network none box:1 true
create --name c3 --network none BAD:1 true
create --name c3 --network none --pull never nosuch:1
create --name c3 --network none --pull bogus box:1
create --name c3 --network none --cidfile id.txt box:1 true
+ wc -c <id.txt
create --name c4 --network none --cidfile id.txt box:1 true
create --name c4 --network none --cidfile nosuch/id.txt box:1 true
create --name c5 --network none -t -i -a stdin -a stdout box:1
create --name c6 --network none box:1 nosuch
create --name c7 --network none app:1
create --name c8 --network none data:1 true
create --name c9 --network none --entrypoint '' box:1
create --name c9 --network none --rm --restart always box:1
create --name c9 --network none --nosuch box:1
create --name c9 --network none -d box:1
ps -a
ps -a --no-trunc --format '{{.Names}} {{.Image}} {{.Command}} {{.Status}} {{.State}}'
ps
inspect -f '{{.State.Status}} {{.State.Running}} {{.State.ExitCode}} {{.State.StartedAt}} {{.State.FinishedAt}}' c1
inspect -f '{{.Name}} {{.Path}} {{json .Args}} {{json .Config.Cmd}} {{json .Config.Entrypoint}}' c1 c7
inspect -f '{{.Config.Tty}} {{.Config.OpenStdin}} {{.Config.StdinOnce}} {{.Config.AttachStdin}} {{.Config.AttachStdout}} {{.Config.AttachStderr}}' c5 c1
container create --name c10 --network none box:1 true
container create

## start
start
start nosuch
start -a
create --name c1 --network none box:1 sh -c 'echo out; exit 3'
create --name c2 --network none box:1 sleep 600
create --name c3 --network none box:1 nosuch
create --name c4 --network none -i box:1 sh -c 'cat; exit 4'
start c1
wait c1
start -a c1
start -a c1 c2
start -i c1 c2
start -a nosuch
start -a -i c4 <<< 'through'
start -i c4 <<< 'again'
start c2
start c2
start c2 nosuch c1
start c3
start -a c3
start c3 c2
inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}' c3
start --detach-keys bad -a c1
start --detach-keys ctrl-p,bad c1
start --checkpoint x c1
pause c2
start c2
start -a c2
unpause c2
container start c1

## restart
restart
restart nosuch
run -d --name c1 --network none box:1 sleep 600
create --name c2 --network none box:1 sleep 600
restart -t 0 c1
restart -t 0 c2
restart -t 0 c1 nosuch c2
restart -t bad c1
restart -t -1 nosuch
restart -s KILL c1
pause c1
restart -t 0 c1
ps
create --name c3 --network none box:1 nosuch
restart c3
container restart -t 0 c1

## stop
stop
stop nosuch
stop -t bad nosuch
stop -s NOSUCH nosuch
run -d --name c1 --network none box:1 sleep 600
run -d --name c2 --network none --stop-signal KILL box:1 sleep 600
create --name c3 --network none box:1 sleep 600
stop -t 0 c1
ps -a
stop c2
stop c1 c2 c3 nosuch
inspect -f '{{.State.Status}} {{.State.ExitCode}}' c1 c2 c3
start c1
stop -t 0 c1 nosuch c2
run -d --name c4 --network none --stop-timeout 0 box:1 sleep 600
stop c4
run -d --name c5 --network none box:1 sh -c 'trap "echo bye; exit 5" TERM; while :; do sleep 0.1; done'
exec c5 true
stop c5
logs c5
inspect -f '{{.State.ExitCode}} {{.Config.StopSignal}}' c5 c2
container stop c5

## kill
kill
kill nosuch
run -d --name c1 --network none box:1 sleep 600
create --name c2 --network none box:1 sleep 600
kill c2
kill -s 0 c1
kill -s NOSUCH c1
kill -s 99 c1
kill -s -1 c1
kill -s SIGUSR1 c1
kill -s usr1 c1
kill -s RTMIN+1 c1
kill -s RTMIN+99 c1
kill -s TERM nosuch c1 c2
ps
pause c1
kill -s USR1 c1
kill c1
wait c1
ps -a
kill c1
start c1
kill c1 c2 nosuch
wait c1
inspect -f '{{.State.ExitCode}} {{.State.OOMKilled}} {{.State.Pid}}' c1
kill -s '' c1
start c1
kill -s '' c1
container kill c1

## rm
rm
rm nosuch
run -d --name c1 --network none box:1 sleep 600
create --name c2 --network none box:1 true
create --name c3 --network none box:1 true
rm c1
pause c1
rm c1
rm -f c1
rm -v c2 nosuch c3
rm c2
rm -f c2
rm -l c2
create --name c4 --network none box:1 true
rm -l c4
container rm -f c4

## rename
rename
rename a
rename a b c
rename nosuch x1
create --name c1 --network none box:1 true
create --name c2 --network none box:1 true
rename c1 c2
rename c1 c1
rename c1 ''
rename '' c1
rename c1 'b d'
rename c1 a
rename c1 c3
rename c1 c4
rename c3 /c4
ps -a
run -d --name c5 --network none box:1 sleep 600
rename c5 c6
ps
container rename c6 c7

## pause
pause
unpause
pause nosuch
unpause nosuch
create --name c1 --network none box:1 sleep 600
pause c1
unpause c1
start c1
pause c1
pause c1
ps
inspect -f '{{.State.Status}} {{.State.Running}} {{.State.Paused}}' c1
exec c1 true
top c1
attach c1
logs c1
commit c1 snap:1
rmi snap:1
diff c1
unpause c1 nosuch
unpause c1
pause c1 nosuch
unpause c1
container pause c1
container unpause c1

## top
top
top nosuch
create --name c1 --network none box:1 sleep 600
top c1
start c1
top c1
top c1 -o pid,args
top c1 -o args
top c1 aux
top c1 nosuch
top c1 -o nosuch
top c1 -e -o 'pid comm'
container top c1 -o pid,comm

## wait
wait
wait nosuch
create --name c1 --network none box:1 sh -c 'exit 7'
create --name c2 --network none box:1 sh -c 'exit 8'
wait c1
start c1 c2
wait c1 c2
wait c1 nosuch c2
wait --nosuch c1
container wait c2

## logs
logs
logs nosuch
logs a b
create --name c1 --network none -e A=one --label l=two box:1 sh -c 'echo 1; echo 2; echo 3'
logs c1
start -a c1
logs c1
logs -n 1 c1
logs --tail 2 c1
logs --tail all c1
logs --tail 0 c1
logs --tail abc c1
logs --tail -1 c1
logs --tail 1.5 c1
logs --tail '' c1
logs -t c1
logs --details c1
logs --since abc c1
logs --until abc c1
logs --since 1h c1
logs --until 1h c1
logs --until 0s c1
logs --since 2100-01-01 c1
logs --until 2000-01-01T00:00:00Z c1
logs --since 1h30m --until 1h c1
logs --since 2020-13-01 c1
logs --since '' c1
logs -f c1
logs -f --tail 1 c1
create --name c2 --network none --log-driver none box:1 echo x
start -a c2
logs c2
run --rm --network none --log-driver json-file --log-opt max-size=abc box:1 true
run --rm --network none --log-driver json-file --log-opt max-size=1m --log-opt max-file=0 box:1 true
run --rm --network none --log-driver json-file --log-opt max-file=2 box:1 true
run --rm --network none --log-driver json-file --log-opt nosuch=1 box:1 true
run --rm --network none --log-driver local --log-opt nosuch=1 box:1 true
run --rm --network none --log-driver nosuch box:1 true
run --rm --network none --log-driver none --log-opt max-size=1m box:1 true
run --rm --network none --log-opt bad box:1 true
run --rm --network none --log-driver json-file --log-opt max-size=1m --log-opt max-file=3 box:1 echo fine
create --name c3 --network none --log-driver json-file --log-opt labels=l --log-opt env=A --log-opt tag=x -e A=one --label l=two box:1 echo x
start -a c3
logs --details c3
run --name c4 --network none --log-driver local box:1 echo local
logs c4
inspect -f '{{json .HostConfig.LogConfig}}' c1 c2 c3 c4
container logs c1

## ps
ps extra
create --name c1 --network none --label l=one --label m box:1 true
create --name c2 --network none --label l=two -v v1:/vol box:1 sh -c 'exit 2'
run -d --name c3 --network none -v /tmp:/host data:1 sleep 600
create --name c4 --network none --expose 80 app:1
start c2
wait c2
ps
ps -a
ps -a -q --no-trunc
ps -l
ps -n 2
ps -n 0
ps -n -1
ps -n abc
ps -n 1 -l
ps -a -s
ps -a --format '{{.Names}}\t{{.Labels}}'
ps -a --format '{{.Names}} {{.Label "l"}}'
ps -a --format 'table {{.Names}}\t{{.Mounts}}\t{{.LocalVolumes}}\t{{.Networks}}'
ps -a --format '{{.Names}} {{.Mounts}}' --no-trunc
ps -a --format 'table {{.ID}}\t{{.Names}}\t{{.RunningFor}}\t{{.State}}\t{{.Status}}\t{{.Ports}}\t{{.Size}}'
ps -a --format json --filter name=c1
ps -a --format '{{json .}}' --filter name=c2
ps --format '{{.Nope}}'
ps --format table
ps --format raw
ps --format pretty
ps -a -f name=c1 -f name=c2
ps -a -f name=^c -q --format '{{.Names}}'
ps -a -f name=^/c1$ --format '{{.Names}}'
ps -a -f name=nosuch
ps -a -f name=[
ps -a -f label=l --format '{{.Names}}'
ps -a -f label=l=one --format '{{.Names}}'
ps -a -f label=l=one -f label=m --format '{{.Names}}'
ps -a -f label!=l --format '{{.Names}}'
ps -f status=exited --format '{{.Names}}'
ps -f status=created -f status=running --format '{{.Names}}'
ps -f status=bogus
ps -a -f exited=2 --format '{{.Names}}'
ps -a -f exited=0 --format '{{.Names}}'
ps -a -f exited=abc
ps -a -f ancestor=box:1 --format '{{.Names}}'
ps -a -f ancestor=box --format '{{.Names}}'
ps -a -f ancestor=nosuch --format '{{.Names}}'
ps -a -f before=c2 --format '{{.Names}}'
ps -a -f since=c2 --format '{{.Names}}'
ps -a -f before=nosuch
ps -a -f since=nosuch
ps -a -f volume=v1 --format '{{.Names}}'
ps -a -f volume=/vol --format '{{.Names}}'
ps -a -f volume=/host --format '{{.Names}}'
ps -a -f volume=nosuch --format '{{.Names}}'
ps -a -f network=none --format '{{.Names}}'
ps -a -f network=nosuch --format '{{.Names}}'
ps -a -f publish=80 --format '{{.Names}}'
ps -a -f publish=abc
ps -a -f expose=80 --format '{{.Names}}'
ps -a -f expose=80/tcp --format '{{.Names}}'
ps -a -f expose=99999
ps -a -f expose=7000-8080/tcp --format '{{.Names}}'
ps -a -f health=none --format '{{.Names}}'
ps -a -f health=healthy --format '{{.Names}}'
ps -a -f health=bogus
ps -a -f isolation=default --format '{{.Names}}'
ps -a -f isolation=bogus --format '{{.Names}}'
ps -a -f is-task=false --format '{{.Names}}'
ps -a -f is-task=true --format '{{.Names}}'
ps -a -f is-task=bogus
ps -a -f id=0000 --format '{{.Names}}'
ps -a -f noequals
ps -a -f =x
ps -a -f nope=x
ps -a -f 'name = c1' --format '{{.Names}}'
container ls -a --format '{{.Names}}'
container list -a --format '{{.Names}}'
container ps -a --format '{{.Names}}'

## exec
exec
exec c1
exec nosuch true
create --name c1 --network none -e A=one -w /tmp box:1 sleep 600
exec c1 true
start c1
exec c1
exec c1 pwd
exec c1 sh -c 'echo $A $B'
exec -e B=two -e A=three c1 sh -c 'echo $A $B'
exec -e =x c1 true
exec --env-file nosuch c1 true
+ printf 'B=file\n# remark\n\nC\n' >env.txt
exec --env-file env.txt c1 sh -c 'echo $B $C'
+ printf 'B B=file\n' >bad.txt
exec --env-file bad.txt c1 true
exec -w /bin c1 pwd
exec -w relative c1 pwd
exec -w /nosuch c1 pwd
exec -u alice c1 id
exec -u 5 c1 id
exec -u 5:6 c1 id
exec -u nosuch c1 id
exec -u alice:nosuch c1 id
exec -u 99999999999 c1 id
exec -u -1 c1 id
exec -i c1 cat <<< 'through'
exec c1 cat <<< 'not through'
exec -t c1 true
exec -it c1 true <<< 'x'
exec c1 sh -c 'exit 5'
exec c1 sh -c 'kill -9 $$'
exec c1 nosuch
exec c1 /etc
exec c1 /etc/passwd
exec c1 ''
exec -d c1 touch /tmp/made
exec -d c1 nosuch
exec -d -i c1 true
exec --detach-keys bad c1 true
exec --privileged c1 grep CapEff /proc/self/status
exec c1 grep CapEff /proc/self/status
exec --nosuch c1 true
pause c1
exec c1 true
unpause c1
stop -t 0 c1
exec c1 true
container exec c1 true

## attach
attach
attach nosuch
attach a b
create --name c1 --network none -i box:1 sh -c 'read line; echo "got $line"; exit 6'
attach c1
start c1
attach c1 <<< 'this'
attach c1
create --name c2 --network none -t box:1 sleep 600
start c2
attach c2
attach --no-stdin c2 --nosuch
pause c2
attach c2
unpause c2
attach --detach-keys bad c2
attach --detach-keys ctrl-,a c2
run -d --name c3 --network none box:1 sh -c 'sleep 1; echo late; exit 9'
attach --no-stdin c3
container attach c1

## update
update
update nosuch
update -m 64m nosuch
create --name c1 --network none box:1 sleep 600
run -d --name c2 --network none -m 64m box:1 sleep 600
update c1
update -m abc c1
update -m 1k c1
update -m -1 c1
update -m 128m c2
update -m 128m --memory-swap 64m c1
update -m 32m --memory-swap 64m c2
update --memory-swap 100m c1
update --memory-reservation 100m -m 64m c1
update --memory-reservation abc c1
update --kernel-memory 1m c1
update --cpus 100 c1
update --cpus abc c1
update --cpus -1 c1
update --cpus 1 --cpu-quota 5000 c1
update --cpus 0.5 c1 c2
update --cpu-shares abc c1
update --cpu-shares 512 c1 nosuch c2
update --cpu-period 1 c1
update --cpu-quota 1 c1
update --cpu-rt-period abc c1
update --cpuset-cpus 99 c1
update --cpuset-cpus a c1
update --cpuset-cpus 0 c1
update --cpuset-mems 99 c1
update --pids-limit abc c1
update --pids-limit -5 c1
update --pids-limit 50 c1 c2
update --blkio-weight 5 c1
update --blkio-weight 1001 c1
update --blkio-weight 70000 c1
update --restart bogus c1
update --restart on-failure:x c1
update --restart always:3 c1
update --nosuch c1
inspect -f '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}} {{.HostConfig.CpuShares}} {{.HostConfig.PidsLimit}} {{.HostConfig.CpusetCpus}}' c1 c2
exec c2 sh -c 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes; cat /sys/fs/cgroup/pids/pids.max; cat /sys/fs/cgroup/cpu/cpu.shares'
container update --cpu-shares 100 c1

## stats
stats --no-stream nosuch
create --name c1 --network none box:1 sleep 600
run -d --name c2 --network none -m 64m box:1 sleep 600
stats --no-stream
stats --no-stream c2
stats --no-stream c1
stats --no-stream -a
stats --no-stream --format '{{.Name}} {{.Container}} {{.MemUsage}} {{.PIDs}}' c2
stats --no-stream --format 'table {{.Name}}\t{{.CPUPerc}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}' c2
stats --no-stream --format json c2
stats --no-stream --no-trunc c2
stats --no-stream --format '{{.Nope}}' c2
stats --no-stream c2 nosuch
stats --nosuch
container stats --no-stream --format '{{.Name}}'

## cp
cp
cp a
cp a b
cp a b c
cp nosuch:/x .
cp . nosuch:/x
create --name c1 --network none box:1 sleep 600
create --name c2 --network none box:1 sleep 600
start c1
cp c1:/x c2:/x
cp c1:/nosuch .
cp c1:/etc/passwd nosuch/dir/x
cp c1:/etc/passwd nosuch/
+ mkdir -p folder; echo content >file
cp file c1:/tmp/
exec c1 cat /tmp/file
cp file c1:/nosuch/dir/x
cp file c1:/nosuch/
cp folder c1:/etc/passwd
cp c1:/etc file
cp c1:/etc/passwd/ .
cp c1:/etc/passwd/x .
cp file c1:/etc/passwd/
cp file c1:
cp c1: x
cp ./nosuch c1:/
cp nosuch/ c1:/
cp - c1:/tmp <<< 'not a tar'
cp - c1:/nosuch <<< 'not a tar'
cp - c1:/etc/passwd <<< 'not a tar'
cp - -
cp -q file c1:/tmp/other
cp -a file c1:/tmp/third
exec c1 ls /tmp
cp file c2:/tmp/
cp c2:/tmp/file back
+ cat back
cp c2:/etc copied
+ ls copied
cp c2:/etc/. merged
cp c2:/etc copied
+ ls copied copied/etc
exec c1 ln -s /etc/passwd /tmp/link
cp c1:/tmp/link followed
cp -L c1:/tmp/link followed2
+ stat -c '%F' followed followed2
cp c1:/proc/self/nosuch x
cp file c1:/proc/x
container cp file c1:/tmp/again

## diff
diff
diff nosuch
diff a b
create --name c1 --network none box:1 sh -c 'echo x >/etc/new; rm /etc/group; echo y >>/etc/passwd; mkdir -p /a/b; touch /a/b/c'
diff c1
start -a c1
diff c1
create --name c2 --network none -v /vol --tmpfs /run box:1 sh -c 'touch /vol/x /run/y /tmp/z'
start -a c2
diff c2
container diff c2

## export
export
export nosuch
export a b
create --name c1 --network none box:1 sh -c 'echo x >/etc/new'
export -o nosuch/dir/x.tar c1
export -o . c1
export -o c1.tar c1
+ tar tf c1.tar | grep -v ^bin/ | sort
start -a c1
export -o c1.tar c1
+ tar tf c1.tar | grep etc/
export -o c1.tar nosuch
container export -o c2.tar c1

## commit
commit
commit nosuch
commit a b c
create --name c1 --network none -e A=one --label l=one box:1 sh -c 'echo x >/etc/new; sleep 600'
commit c1 BAD:1
commit c1 bad::1
commit c1 'snap:b d'
commit -c bogus c1 snap:1
commit -c 'RUN x' c1 snap:1
commit -c 'EXPOSE bad' c1 snap:1
commit -c 'ENV' c1 snap:1
commit --pause=maybe c1 snap:1
commit --nosuch c1 snap:1
commit -c 'STOPSIGNAL INT' c1 snap:1
commit -m why -a me -c 'CMD ["true"]' -c 'ENV B=two' -c 'LABEL m=two' -c 'USER alice' -c 'WORKDIR /w' -c 'EXPOSE 80' -c 'VOLUME /v' -c 'ENTRYPOINT ["sh"]' c1 snap:1
inspect -f '{{json .Config.Cmd}} {{json .Config.Env}} {{json .Config.Labels}} {{.Config.User}} {{.Config.WorkingDir}} {{json .Config.ExposedPorts}} {{json .Config.Volumes}} {{json .Config.Entrypoint}} {{.Author}} {{.Comment}}' snap:1
start c1
commit c1
commit --pause=false c1 snap:2
commit -p=false c1 snap:3
run --rm --network none snap:2 cat /etc/new
history --format '{{.CreatedBy}} {{.Comment}}' snap:2
inspect -f '{{.Image}}' c1
rmi snap:1
rmi snap:2 snap:3
container commit c1 snap:4
rmi snap:4

## volumes
volume
volume create v1
volume create v1
volume create --name v2
volume create --name v2 v3
volume create a
volume create 'b d'
volume create -x
volume create v4 v5
volume create --driver nosuch v6
volume create --opt bad v6
volume create --opt nosuch=1 v6
volume create --opt type=tmpfs v6
volume create --opt type=tmpfs --opt device=tmpfs --opt o=size=1m,uid=5 v6
volume create --opt type=none --opt o=bind --opt device=/nosuch v7
volume create --label l=one --label m v8
volume create --label l=other v8
volume ls
volume ls -q
volume ls extra
volume ls --format '{{.Name}} {{.Driver}} {{.Scope}} {{.Labels}} {{.Label "l"}}'
volume ls --format json -f name=v8
volume ls --format '{{.Nope}}'
volume ls --format 'table {{.Name}}\t{{.Mountpoint}}' -f name=v1
volume ls -f dangling=true
volume ls -f dangling=false
volume ls -f dangling=maybe
volume ls -f name=v1
volume ls -f label=l
volume ls -f label=l=two
volume ls -f driver=local
volume ls -f driver=nosuch
volume ls -f nope=1
volume ls -f noequals
volume inspect
volume inspect v1
volume inspect v6 v8
volume inspect nosuch
volume inspect v1 nosuch
volume inspect -f '{{.Name}} {{.Mountpoint}}' v1
volume inspect -f '{{.Nope}}' v1
inspect v1
inspect --type volume nosuch
inspect --type volume -f '{{.Name}}' v1
volume rm
volume rm nosuch
volume rm -f nosuch
volume rm v1 nosuch v2
create --name c1 --network none -v v8:/data data:1 true
volume rm v8
volume rm -f v8
run --rm --network none -v v7:/x box:1 true
run --rm --network none -v v6:/x box:1 grep ' /x ' /proc/mounts
rm c1
volume rm v8
volume prune <<< 'n'
volume prune -f --filter label=nosuch
volume prune -f --filter nope=1
volume prune -f --filter noequals
volume prune -f extra
volume prune -f
volume ls
create --name c1 --network none data:1 true
create --name c2 --network none -v named:/data data:1 true
volume ls -f dangling=true
rm c1 c2
volume ls -q -f name=named
volume prune -f
create --name c1 --network none data:1 true
rm -v c1
volume ls
run --rm --network none -v /anonymous data:1 true
volume ls
run --rm --network none -v named:/data data:1 cat /data/file
run --rm --network none -v named:/data:ro data:1 sh -c 'echo x >/data/file'
run --rm --network none -v named:/data:nocopy data:1 cat /data/file
run --rm --network none -v fresh:/data:nocopy data:1 cat /data/file
volume rm named fresh

## container prune
create --name c1 --network none --label l=one box:1 true
run --name c2 --network none --label l=two box:1 true
run -d --name c3 --network none box:1 sleep 600
container prune <<< 'n'
container prune --filter label=x --filter until=1h <<< 'n'
container prune -f --filter nope=1
container prune -f --filter until=bad
container prune -f --filter until=1h --filter until=2h
container prune -f --filter noequals
container prune -f extra
container prune -f --filter until=1h
container prune -f --filter label=nosuch
container prune -f --filter label!=l
container prune -f --filter label=l=one
container prune -f
container prune -f
ps -a --format '{{.Names}}'

## system prune
run --name c1 --network none -v v1:/vol box:1 true
run -d --name c2 --network none -v v2:/vol box:1 sleep 600
run --name c3 --network none -v /vol box:1 sh -c 'echo x >/vol/x; echo xyz >/tmp/x'
volume create v3
system df
system prune <<< 'n'
system prune --volumes <<< 'n'
system prune -f --filter label=nosuch
system prune -f --filter until=1h
system prune -f
ps -a --format '{{.Names}}'
volume ls -q -f name=v
stop -t 0 c2
system prune -f --volumes
volume ls

## inspect
create --name c1 --network none --label l=one -e A=one -w /tmp --user alice -v /tmp:/host:ro -m 64m --cap-add NET_ADMIN box:1 sleep 600
inspect c1
inspect nosuch
inspect c1 nosuch -f '{{.Name}}'
inspect --type container nosuch
inspect --type container box:1
inspect --type image c1
inspect --type bogus c1
inspect -f '{{.Nope}}' c1
inspect -f '{{.State.Nope}}' c1
inspect -f '{{' c1
inspect -s -f '{{.SizeRw}}' c1
inspect --format json -f '{{.Name}}' c1
inspect
container inspect -f '{{.Name}}' c1
container inspect nosuch
container inspect box:1
container inspect
start c1
inspect -f '{{.State.Status}} {{.State.Running}} {{.State.Restarting}} {{.State.OOMKilled}} {{.State.Dead}} {{.RestartCount}} {{.Driver}} {{.Platform}}' c1
inspect -f '{{json .Mounts}}' c1
inspect -f '{{json .Config}}' c1

## values
run --rm --network none -h name box:1 sh -c 'hostname; cat /etc/hostname; cat /etc/hosts'
run --rm --network none -h name --domainname example.org box:1 sh -c 'hostname; cat /etc/hosts; cat /proc/sys/kernel/domainname'
run --rm --network none --add-host a:1.2.3.4 --add-host b=::1 -h h box:1 cat /etc/hosts
run --rm --network none --dns 1.1.1.1 --dns-search example.org --dns-option ndots:3 box:1 cat /etc/resolv.conf
run --rm --network none -e A=one -e B --env C=two=three box:1 env
+ printf 'A=file\n#x\nE=\nF=a b\n' >env.txt
run --rm --network none --env-file env.txt -e A=flag -h h box:1 env
run --rm --network none -u alice box:1 id
run --rm --network none -u alice:staff box:1 id
run --rm --network none -u 7:8 box:1 id
run --rm --network none -u 7 --group-add staff --group-add 9 box:1 id
run --rm --network none app:1
run --rm --network none app:1 /etc/group
run --rm --network none --entrypoint pwd app:1
run --rm --network none box:1 grep Cap /proc/self/status
run --rm --network none --cap-drop all box:1 grep Cap /proc/self/status
run --rm --network none --cap-drop ALL --cap-add chown --cap-add CAP_KILL box:1 grep Cap /proc/self/status
run --rm --network none --cap-add net_admin --cap-drop MKNOD box:1 grep Cap /proc/self/status
run --rm --network none -u alice box:1 grep Cap /proc/self/status
run --rm --network none box:1 grep -E 'NoNewPrivs|Seccomp:' /proc/self/status
run --rm --network none --security-opt no-new-privileges --security-opt seccomp=unconfined box:1 grep -E 'NoNewPrivs|Seccomp:' /proc/self/status
run --rm --network none --security-opt no-new-privileges:false box:1 grep NoNewPrivs /proc/self/status
run --rm --network none --read-only box:1 touch /x
run --rm --network none --read-only --tmpfs /t:size=1m,mode=700 box:1 sh -c 'touch /t/x; grep " /t " /proc/mounts; stat -c %a /t'
run --rm --network none --shm-size 1m box:1 grep /dev/shm /proc/mounts
run --rm --network none box:1 grep -E ' (/dev|/dev/shm|/dev/mqueue|/dev/pts|/sys|/proc/[a-z/-]*) ' /proc/mounts
run --rm --network none --ulimit nofile=100:200 --ulimit core=0 box:1 sh -c 'ulimit -n; ulimit -Hn; ulimit -c'
run --rm --network none -w /new/dir box:1 pwd
run --rm --network none --oom-score-adj 500 box:1 cat /proc/self/oom_score_adj
run --rm --network none -m 64m --memory-reservation 32m box:1 sh -c 'cd /sys/fs/cgroup/memory; cat memory.limit_in_bytes memory.soft_limit_in_bytes'
run --rm --network none --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 box:1 sh -c 'cd /sys/fs/cgroup; cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpu/cpu.shares cpuset/cpuset.cpus'
run --rm --network none --pids-limit 20 box:1 cat /sys/fs/cgroup/pids/pids.max
run --rm --network none --device /dev/null:/dev/nul:r box:1 ls -l /dev/nul
run --rm --network none box:1 ls /dev
run --rm --network none --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=9000 box:1 cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax
run --rm --network none --init box:1 cat /proc/1/comm
run --rm --network none box:1 ls /proc/acpi /proc/scsi /sys/firmware
run --rm --network none box:1 sh -c 'cat /proc/keys /proc/timer_list /proc/kcore | wc -c; echo x >/proc/sys/kernel/domainname'
run --rm --network none --privileged box:1 sh -c 'grep Seccomp: /proc/self/status; echo x >/proc/sys/kernel/domainname; cat /proc/sys/kernel/domainname'
run --rm --network none --pid host box:1 sh -c 'test $$ -gt 10'
run --rm --network none --uts host box:1 hostname
run --rm --network none -v /etc/hostname:/h:ro box:1 sh -c 'echo x >/h'
run --rm --network none --mount type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=700 box:1 grep ' /t ' /proc/mounts
run --rm --network none --mount type=bind,src=/etc/hostname,dst=/h,readonly box:1 sh -c 'echo x >/h'
run --rm --network none --mount type=volume,dst=/data data:1 cat /data/file
run --rm --network none -i box:1 cat <<< 'through'
run --rm --network none -a stdout box:1 sh -c 'echo out; echo err >&2'
run --rm --network none -a stdin -a stdout -i box:1 cat <<< 'through'
create --name c1 --network none -v named:/n -v /anonymous box:1 true
run --rm --network none --volumes-from c1 box:1 grep -oE ' /(n|anonymous) ' /proc/mounts
run --rm --network none --volumes-from c1:ro box:1 touch /n/x

## refusals
run --rm --network none -m abc box:1 true
run --rm --network none -m '' box:1 true
run --rm --network none -m -1 box:1 true
run --rm --network none -m 5m box:1 true
run --rm --network none -m 0 box:1 true
run --rm --network none -m 20m --memory-swap 10m box:1 true
run --rm --network none --memory-swap 100m box:1 true
run --rm --network none --memory-swap abc box:1 true
run --rm --network none -m 20m --memory-swap -2 box:1 true
run --rm --network none -m 20m --memory-reservation 50m box:1 true
run --rm --network none --memory-reservation 1k box:1 true
run --rm --network none --memory-swappiness 101 box:1 true
run --rm --network none --memory-swappiness -2 box:1 true
run --rm --network none --memory-swappiness abc box:1 true
run --rm --network none --cpus abc box:1 true
run --rm --network none --cpus -1 box:1 true
run --rm --network none --cpus 0.001 box:1 true
run --rm --network none --cpus 1.0000000001 box:1 true
run --rm --network none --cpus 1 --cpu-quota 1000 box:1 true
run --rm --network none --cpus 1 --cpu-period 1000 box:1 true
run --rm --network none --cpu-shares abc box:1 true
run --rm --network none --cpu-shares -1 box:1 true
run --rm --network none --cpu-shares 1 box:1 true
run --rm --network none --cpu-period 1 box:1 true
run --rm --network none --cpu-period 2000000 box:1 true
run --rm --network none --cpu-period abc box:1 true
run --rm --network none --cpu-quota 1 box:1 true
run --rm --network none --cpu-quota abc box:1 true
run --rm --network none --cpu-rt-runtime 1000 box:1 true
run --rm --network none --cpuset-cpus 99 box:1 true
run --rm --network none --cpuset-cpus a box:1 true
run --rm --network none --cpuset-cpus 1-0 box:1 true
run --rm --network none --cpuset-mems 99 box:1 true
run --rm --network none --cpuset-mems a box:1 true
run --rm --network none --pids-limit abc box:1 true
run --rm --network none --blkio-weight 5 box:1 true
run --rm --network none --blkio-weight 1001 box:1 true
run --rm --network none --blkio-weight 70000 box:1 true
run --rm --network none --blkio-weight abc box:1 true
run --rm --network none --blkio-weight-device bad box:1 true
run --rm --network none --blkio-weight-device x:5 box:1 true
run --rm --network none --blkio-weight-device /dev/x:abc box:1 true
run --rm --network none --blkio-weight-device /dev/x:5 box:1 true
run --rm --network none --device-read-bps bad box:1 true
run --rm --network none --device-read-bps x:1mb box:1 true
run --rm --network none --device-read-bps /dev/x:abc box:1 true
run --rm --network none --device-read-bps /dev/nosuch:1mb box:1 true
run --rm --network none --device-write-iops /dev/x:abc box:1 true
run --rm --network none --device-write-iops /dev/x:-1 box:1 true
run --rm --network none --oom-score-adj 2000 box:1 true
run --rm --network none --oom-score-adj abc box:1 true
run --rm --network none --ulimit bad box:1 true
run --rm --network none --ulimit nofile=10:5 box:1 true
run --rm --network none --ulimit nosuch=1 box:1 true
run --rm --network none --ulimit nofile=abc box:1 true
run --rm --network none --ulimit nofile=1:2:3 box:1 true
run --rm --network none --ulimit nofile=1:abc box:1 true
run --rm --network none --shm-size abc box:1 true
run --rm --network none --shm-size -1 box:1 true
run --rm --network none --shm-size 0 box:1 true
run --rm --network none --device /dev/nosuch box:1 true
run --rm --network none --device nosuch box:1 true
run --rm --network none --device /dev/null:/dev/x:xyz box:1 true
run --rm --network none --device /dev/null:/dev/x:r:w box:1 true
run --rm --network none --device /dev/null:relative box:1 true
run --rm --network none --device '' box:1 true
run --rm --network none --device-cgroup-rule bad box:1 true
run --rm --network none --device-cgroup-rule 'c 1:3 xyz' box:1 true
run --rm --network none --gpus all box:1 true
run --rm --network none --gpus bad=x box:1 true
run --rm --network none --cap-add bad box:1 true
run --rm --network none --cap-drop bad box:1 true
run --rm --network none --cap-drop '' box:1 true
run --rm --network none --security-opt bad box:1 true
run --rm --network none --security-opt bad=x box:1 true
run --rm --network none --security-opt seccomp=nosuch.json box:1 true
+ echo '{' >bad.json
run --rm --network none --security-opt seccomp=bad.json box:1 true
+ echo '{"defaultAction":"SCMP_ACT_NOSUCH"}' >bad2.json
run --rm --network none --security-opt seccomp=bad2.json box:1 true
+ echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}' >good.json
run --rm --network none --security-opt seccomp=good.json box:1 mkdir /x
run --rm --network none --security-opt apparmor=nosuch box:1 true
run --rm --network none --security-opt no-new-privileges:maybe box:1 true
run --rm --network none --security-opt label=disable box:1 true
run --rm --network none --security-opt label=bogus:x box:1 true
run --rm --network none --security-opt systempaths=unconfined box:1 true
run --rm --network none --security-opt systempaths=bad box:1 true
run --rm --network none --sysctl bad box:1 true
run --rm --network none --sysctl kernel.nosuch=1 box:1 true
run --rm --network none --sysctl kernel.panic=1 box:1 true
run --rm --network none --sysctl net.ipv4.nosuch=1 box:1 true
run --rm --network host --sysctl net.ipv4.ip_forward=1 box:1 true
run --rm --network none --uts host --sysctl kernel.domainname=x box:1 true
run --rm --network none --group-add nosuch box:1 true
run --rm --network none --group-add -1 box:1 true
run --rm --network none -u alice:nosuch box:1 true
run --rm --network none -u -1 box:1 true
run --rm --network none -u 99999999999 box:1 true
run --rm --network none -u a:b:c box:1 true
run --rm --network none -u : box:1 true
run --rm --network none --ipc bad box:1 true
run --rm --network none --ipc container:nosuch box:1 true
run --rm --network none --ipc container: box:1 true
run --rm --network none --pid bad box:1 true
run --rm --network none --pid container:nosuch box:1 true
run --rm --network none --pid container: box:1 true
run --rm --network none --uts bad box:1 true
run --rm --network none --uts host -h name box:1 true
run --rm --network none --uts host --domainname name box:1 true
run --rm --network none --userns bad box:1 true
run --rm --network none --cgroupns bad box:1 true
run --rm --network none --isolation bad box:1 true
run --rm --network none --runtime nosuch box:1 true
run --rm --network none -v /a:/b:bad box:1 true
run --rm --network none -v /a:/b:ro,rw box:1 true
run --rm --network none -v /a:/b:ro,ro box:1 true
run --rm --network none -v /a:/b:c:d box:1 true
run --rm --network none -v : box:1 true
run --rm --network none -v /tmp: box:1 true
run --rm --network none -v :/x box:1 true
run --rm --network none -v /tmp:/ box:1 true
run --rm --network none -v /tmp:/x -v /etc:/x box:1 true
run --rm --network none -v / box:1 true
run --rm --network none -v relative box:1 true
run --rm --network none -v a:/x box:1 true
run --rm --network none -v ../x:/x box:1 true
run --rm --network none -v named:/x:rshared box:1 true
run --rm --network none -v /tmp:/x:nocopy box:1 true
run --rm --network none -v /tmp:/x:shared box:1 true
run --rm --network none --mount bad box:1 true
run --rm --network none --mount '' box:1 true
run --rm --network none --mount type=bad,dst=/x box:1 true
run --rm --network none --mount type=bind box:1 true
run --rm --network none --mount type=bind,src=/tmp box:1 true
run --rm --network none --mount type=bind,dst=/x box:1 true
run --rm --network none --mount type=bind,src=tmp,dst=/x box:1 true
run --rm --network none --mount type=bind,src=/tmp,dst=x box:1 true
run --rm --network none --mount type=bind,src=/tmp,dst=/ box:1 true
run --rm --network none --mount type=bind,src=/tmp,dst=/x,nosuch=1 box:1 true
run --rm --network none --mount type=bind,src=/tmp,dst=/x,readonly=maybe box:1 true
run --rm --network none --mount type=bind,src=/tmp,dst=/x,bind-propagation=bad box:1 true
run --rm --network none --mount type=bind,src=/tmp,dst=/x,volume-driver=local box:1 true
run --rm --network none --mount type=bind,src=/tmp,dst=/x,tmpfs-size=1m box:1 true
run --rm --network none --mount type=bind,src=/tmp,dst=/x,consistency=bad box:1 true
run --rm --network none --mount type=tmpfs,src=/tmp,dst=/x box:1 true
run --rm --network none --mount type=tmpfs,dst=/x,tmpfs-size=abc box:1 true
run --rm --network none --mount type=tmpfs,dst=/x,tmpfs-mode=9 box:1 true
run --rm --network none --mount type=tmpfs,dst=/x,bind-propagation=shared box:1 true
run --rm --network none --mount type=volume,src=a,dst=/x box:1 true
run --rm --network none --mount type=volume,src=/tmp,dst=/x box:1 true
run --rm --network none --mount type=volume,src=named,dst=/x,volume-nocopy=maybe box:1 true
run --rm --network none --mount type=volume,dst=/x,bind-propagation=shared box:1 true
run --rm --network none --mount type=npipe,src=a,dst=/x box:1 true
run --rm --network none --mount dst=/x,noequals box:1 true
run --rm --network none --mount type=tmpfs,dst=/x -v /tmp:/x box:1 true
run --rm --network none --tmpfs relative box:1 true
run --rm --network none --tmpfs / box:1 true
run --rm --network none --tmpfs /x:bad box:1 true
run --rm --network none --tmpfs /x:size=abc box:1 true
run --rm --network none --tmpfs '' box:1 true
run --rm --network none --volumes-from nosuch box:1 true
run --rm --network none --volumes-from c1:bad box:1 true
run --rm --network none --volumes-from '' box:1 true
run --rm --network none --env-file nosuch box:1 true
+ printf 'A B=1\n' >bad.env
run --rm --network none --env-file bad.env box:1 true
run --rm --network none -e '' box:1 true
run --rm --network none --label-file nosuch box:1 true
+ printf '=x\n' >bad.labels
run --rm --network none --label-file bad.labels box:1 true
run --rm --network none -l =x box:1 true
run --rm --network none -l '' box:1 true
run --rm --network none --annotation bad box:1 true
run --rm --network none --annotation =x box:1 true
run --rm --network none --stop-signal NOSUCH box:1 true
run --rm --network none --stop-timeout abc box:1 true
run --rm --network none --stop-timeout -1 box:1 true
run --rm --network none -h 'b d' box:1 true
run --rm --network none -h -bad box:1 true
run --rm --network none -h aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa box:1 true
run --rm --network none --add-host bad box:1 true
run --rm --network none --add-host h:1.2.3 box:1 true
run --rm --network none --add-host :1.2.3.4 box:1 true
run --rm --network none --dns bad box:1 true
run --rm --network none --dns-search 'b d' box:1 true
run --rm --network none -w relative box:1 true
run --rm --network none -w /etc/passwd box:1 true
run --rm --network none --entrypoint '' box:1
run --rm --network none --entrypoint nosuch box:1
run --rm --network none --platform bad/x/y/z box:1 true
run --rm --network none --platform linux/arm64 --pull never box:1 true
run --rm --network none --pull '' box:1 true
run --rm --network none --name '' box:1 true
run --rm --network none --name a box:1 true
run --rm --network none --restart bogus box:1 true
run --network none --restart bogus box:1 true
run --network none --restart on-failure:x box:1 true
run --network none --restart always:3 box:1 true
run --network none --restart on-failure:-1 box:1 true
run --rm --network none --health-interval 1 box:1 true
run --rm --network none --health-interval 1us --health-cmd true box:1 true
run --rm --network none --health-retries -1 --health-cmd true box:1 true
run --rm --network none --health-timeout -1s --health-cmd true box:1 true
run --rm --network none --no-healthcheck --health-cmd true box:1 true
run --rm --network none -d -a stdout box:1 true
run --rm --network none -a bad box:1 true
run --rm --network none -t box:1 true
run --rm --network none -it box:1 true <<< 'x'
run --rm --network none --detach-keys bad box:1 true
run --rm --network none --sig-proxy=maybe box:1 true
run --rm --network none --storage-opt bad box:1 true
run --rm --network none --storage-opt size=1g box:1 true
run --rm --network none --init=maybe box:1 true
run --rm --network none --cgroup-parent '' box:1 true
run --rm --network none --kernel-memory 1m box:1 true
run --rm --network none --oom-kill-disable box:1 true
run --rm --network none --disable-content-trust=maybe box:1 true
run --rm --network none -v
run --rm --network none -m
run --rm --network none -Z box:1 true
run --rm --network none --rm=maybe box:1 true
run --rm --network none ''
run --rm --network none box:1 ''
run --rm --network none --use-api-socket box:1 true
run --rm --network none --link nosuch box:1 true
run --rm --network none --expose bad box:1 true
run --rm --network none --mac-address bad box:1 true
run --rm --network none --mac-address 92:d0:c6:0a:29:33 box:1 true
run --rm --network none --ip bad box:1 true
run --rm --network none -p bad box:1 true
ps -a
volume ls -q

## help
container
container --help
volume --help
attach --help
commit --help
cp --help
create --help
diff --help
exec --help
export --help
kill --help
logs --help
pause --help
ps --help
rename --help
restart --help
rm --help
start --help
stats --help
stop --help
top --help
unpause --help
update --help
wait --help
container attach --help
container commit --help
container cp --help
container ls --help
container prune --help
container rm --help
container inspect --help
volume create --help
volume inspect --help
volume ls --help
volume prune --help
volume rm --help
container nosuch
volume nosuch
"""

record(SCRIPT, "docker CLI 28.2.2 against dockerd 20.10.24 without a bridge: the life of containers (record_containers.py)")
