"""Records docker-transcripts-6.txt: what docker prints about networks and ports (testing/recorder.py)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from testing.recorder import record

SCRIPT = r"""
## network create
network create
network create n1
network create n1
network create n2 --subnet 10.201.0.0/24
network create n3 --subnet 10.201.0.0/24
network create n3 --subnet 10.201.0.128/25
network create n3 --subnet bad
network create n3 --subnet 10.202.0.0
network create n3 --subnet 10.202.0.5/24 --gateway 10.203.0.1
network create n3 --subnet 10.202.0.0/24 --gateway bad
network create n3 --gateway 10.202.0.1
network create n3 --subnet 10.202.0.0/24 --ip-range 10.203.0.0/25
network create n3 --subnet 10.202.0.0/24 --ip-range bad
network create n3 --subnet 10.202.0.0/24 --aux-address a=10.203.0.1
network create n3 --subnet 10.202.0.0/24 --aux-address a
network create n3 --subnet 10.202.0.0/24 --subnet 10.202.0.0/25
network create n3 --subnet 10.202.0.0/24 --subnet 10.203.0.0/24
network create n3 --driver nosuch
network create n3 --driver host
network create n3 --driver null
network create n3 --ipv6
network create n4 --ipv6 --subnet fd00:4::/64
network create bridge
network create host
network create none
network create n5 --opt com.docker.network.driver.mtu=x
network create n5 --opt com.docker.network.driver.mtu=1400
network create n6 --opt com.docker.network.bridge.name=toolongabridgename
network create n6 --opt com.docker.network.bridge.name=brn6
network create n7 --opt com.docker.network.bridge.name=brn6
network create 'bad name'
network create ''
network create n8 --internal --label a=b --label c
network create n9 --scope swarm
network create n9 --nosuch
network create a b
network ls
network inspect n2 -f '{{json .IPAM}}'
network inspect n8 -f '{{.Internal}} {{json .Labels}}'
network inspect n5 -f '{{json .Options}}'

## network ls
network create n1 --label a=b
network create n2 --internal
network ls
network ls -q
network ls --no-trunc
network ls --filter driver=bridge
network ls --filter name=n
network ls --filter name=n1
network ls --filter label=a
network ls --filter label=a=c
network ls --filter type=custom
network ls --filter type=builtin
network ls --filter type=bad
network ls --filter scope=local
network ls --filter dangling=true
network ls --filter dangling=x
network ls --filter nope=1
network ls --filter id=zzz
network ls --format '{{.Name}} {{.Driver}} {{.Scope}} {{.IPv6}} {{.Internal}} {{.Labels}}'
network ls --format '{{.Nope}}'
network ls --format json
network ls a
network list -q

## network inspect
network create n1 --subnet 10.201.0.0/24 --gateway 10.201.0.9 --ip-range 10.201.0.128/25 --aux-address r=10.201.0.130 --label a=b --opt com.docker.network.driver.mtu=1400
run -d --name c1 --network n1 --network-alias web box:1 sleep 600
network inspect n1
network inspect -v n1
network inspect nosuch
network inspect
network inspect n1 nosuch
network inspect -f '{{.Name}} {{.Driver}} {{.Scope}} {{.EnableIPv6}} {{.Internal}} {{.Attachable}} {{.Ingress}}' n1 host none bridge
network inspect -f '{{range .Containers}}{{.Name}} {{.IPv4Address}} {{.MacAddress}}{{end}}' n1
network inspect host
network inspect none
network inspect bridge
inspect n1 -f '{{.Name}}'
inspect --type network n1 -f '{{.Name}}'
inspect c1 -f '{{json .NetworkSettings}}'
inspect c1 -f '{{.HostConfig.NetworkMode}} {{json .HostConfig.PortBindings}} {{json .Config.ExposedPorts}}'

## connect
network create n1 --subnet 10.201.0.0/24
network create n2 --subnet 10.202.0.0/24
run -d --name c1 --network n1 box:1 sleep 600
create --name c2 --network n2 box:1 sleep 600
network connect
network connect n2
network connect n2 c1
network connect n2 c1
network connect nosuch c1
network connect n2 nosuch
network connect n1 c2 --ip 10.201.0.77
network connect host c1
network connect none c1
network connect bridge c1
network connect bridge c1 --ip 172.17.0.99
network connect n1 c2 --ip 10.209.0.1
network connect --alias x --alias y n1 c2
start c2
inspect c2 -f '{{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{.IPAddress}} {{end}}'
exec c1 ip -o -4 addr show
network disconnect n1 c1
network disconnect n1 c1
network disconnect nosuch c1
network disconnect n1 nosuch
network disconnect -f n1 nosuch
network disconnect host c1
exec c1 ip -o -4 addr show
network rm n2
network rm n1 nosuch
network rm -f nosuch
network rm bridge
network rm host
network rm
network prune -f
rm -f c1 c2
network prune -f
network prune -f --filter until=1h
network prune -f --filter nope=1
network prune <<< 'n'

## run
run --rm --network nosuch box:1 true
run --rm --network '' box:1 true
run --rm --network none box:1 ip -o link
run --rm --network container:nosuch box:1 true
network create n1 --subnet 10.201.0.0/24
run --rm --network n1 --network n1 box:1 true
run --rm --network n1 --network host box:1 true
run --rm --network name=n1,alias=x box:1 true
run --rm --network name=n1,nope=x box:1 true
run --rm --ip 10.1.1.1 box:1 true
run --rm --network n1 --ip 10.202.0.5 box:1 true
run --rm --network n1 --ip bad box:1 true
run --rm --network n1 --ip 10.201.0.1 box:1 true
run --rm --network n1 --ip 10.201.0.5 box:1 ip -o -4 addr show
run -d --name c1 --network n1 --ip 10.201.0.5 box:1 sleep 600
run --rm --network n1 --ip 10.201.0.5 box:1 true
run --rm --network n1 --ip6 fd00::5 box:1 true
run --rm --network n1 --mac-address bad box:1 true
run --rm --network n1 --mac-address 02:42:00:00:00:05 box:1 cat /sys/class/net/eth0/address
run --rm --network-alias x box:1 true
run --rm --network container:c1 box:1 ip -o -4 addr show
run --rm --network container:c1 -p 80:80 box:1 true
run --rm --network container:c1 --hostname x box:1 true
run --rm --network host -p 80:80 box:1 true
run --rm --network none -p 80:80 box:1 true
run --rm --link nosuch box:1 true
run --rm --add-host x:host-gateway box:1 grep x /etc/hosts
run --rm box:1 cat /etc/hosts
run --rm --network n1 box:1 cat /etc/resolv.conf
stop -t 0 c1
create --name c2 --network container:c1 box:1 true
start c2

## ports
run -d --name c1 -p 127.0.0.1:8099:80 box:1 sleep 600
run -d --name c2 -p 127.0.0.1:8099:80 box:1 sleep 600
rm c2
run -d --name c3 -p 8100-8101:80-81 -p 8053:53/udp box:1 sleep 600
run -d --name c4 -P --expose 90 app:1
port
port c1
port c1 80
port c1 80/tcp
port c1 81
port c1 80/udp
port c1 bad
port c3
port nosuch
ps --format '{{.Names}} {{.Ports}}'
inspect c3 -f '{{json .NetworkSettings.Ports}} {{json .HostConfig.PortBindings}} {{json .Config.ExposedPorts}}'
run --rm -p abc box:1 true
run --rm -p 80:abc box:1 true
run --rm -p abc:80 box:1 true
run --rm -p 70000:80 box:1 true
run --rm -p 80:70000 box:1 true
run --rm -p 80:80/xyz box:1 true
run --rm -p 80: box:1 true
run --rm -p bad:80:80 box:1 true
run --rm -p 80-82:80-81 box:1 true
run --rm -p 82-80:80 box:1 true
run --rm -p '' box:1 true
run --rm -p 1.2.3.4:8110:80 box:1 true
run --rm --expose bad box:1 true
run --rm --expose 80:80 box:1 true
run --rm --expose 80-90/xyz box:1 true
ps --filter publish=8100 --format '{{.Names}}'
ps --filter expose=90 --format '{{.Names}}'
ps --filter network=bridge --format '{{.Names}}'
stop -t 0 c1
port c1
ps -a --filter name=c1 --format '{{.Ports}}|'

## help
network --help
network connect --help
network create --help
network disconnect --help
network inspect --help
network ls --help
network prune --help
network rm --help
port --help
network nosuch
"""

record(SCRIPT, "docker CLI 28.2.2 against dockerd 20.10.24 with its default bridge: networks and ports (record_networks.py)", networks=True)
