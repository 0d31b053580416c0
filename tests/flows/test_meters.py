"""Power meters: RAPL in a folder that is laid out as the kernel's, and what is done where there is none."""

import os
import sys
import time
from types import ModuleType, SimpleNamespace

import pytest

from catalog.activity import Reading
from flows.meters.carbon import Carbon
from flows.meters.nvml import Nvml
from flows.meters.rapl import Rapl
from flows.meters.table import BUILT_IN, PowerMeters, find_meters, taken
from tamis.errors import ConfigError

RANGE = 262_143_328_850


def domain(folder, number, name, microjoules):
    path = folder / f"intel-rapl:{number}"
    path.mkdir(parents=True)
    (path / "name").write_text(f"{name}\n")
    (path / "energy_uj").write_text(f"{microjoules}\n")
    (path / "max_energy_range_uj").write_text(f"{RANGE}\n")
    return path


@pytest.fixture
def powercap(tmp_path):
    folder = tmp_path / "powercap"
    domain(folder, "0", "package-0", 1_000_000)
    domain(folder, "0:0", "core", 900_000)
    domain(folder, "0:1", "dram", 5_000_000)
    domain(folder, "1", "psys", 9_000_000)
    domain(folder, "2", "package-1", RANGE - 1_000_000)
    (folder / "intel-rapl").mkdir()
    return folder


@pytest.fixture
def rapl(powercap):
    meter = Rapl.find(powercap)
    yield meter
    meter.close()


def test_packages_and_memory_are_counted_and_what_is_within_them_is_not(rapl):
    assert set(rapl.read()) == {"0 package-0", "0:1 dram", "2 package-1"}


def test_a_counter_that_began_again_goes_on_counting(rapl, powercap):
    before = rapl.read()
    (powercap / "intel-rapl:0" / "energy_uj").write_text("4000000\n")
    (powercap / "intel-rapl:2" / "energy_uj").write_text("2000000\n")
    after = rapl.read()
    assert after["0 package-0"] - before["0 package-0"] == pytest.approx(3.0)
    assert after["2 package-1"] - before["2 package-1"] == pytest.approx(3.0)
    assert after["0:1 dram"] == before["0:1 dram"]


def test_counters_are_read_meanwhile_so_that_none_begins_again_twice(powercap):
    meter = Rapl.find(powercap, every=0.01)
    counter = powercap / "intel-rapl:0" / "energy_uj"
    for value in (RANGE - 1_000_000, 1_000_000, RANGE - 1_000_000, 1_000_000):
        counter.write_text(f"{value}\n")
        time.sleep(0.2)
    meter.close()
    assert meter.read()["0 package-0"] == pytest.approx(2 * RANGE / 1e6, rel=1e-6)


def test_a_domain_that_cannot_be_read_any_more_is_left_out(rapl, powercap):
    (powercap / "intel-rapl:0" / "energy_uj").unlink()
    assert set(rapl.read()) == {"0:1 dram", "2 package-1"}
    (powercap / "intel-rapl:2" / "energy_uj").write_text("nothing\n")
    assert set(rapl.read()) == {"0:1 dram"}


def test_a_machine_without_rapl_has_no_such_meter(tmp_path):
    assert Rapl.find(tmp_path / "none") is None
    assert Rapl.find(tmp_path) is None


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_counters_that_only_root_may_read_are_no_meter(powercap):
    for counter in powercap.glob("*/energy_uj"):
        counter.chmod(0)
    assert Rapl.find(powercap) is None


def test_nvml_is_no_meter_where_its_library_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert Nvml.find() is None


class NVMLError(Exception):
    pass


def nvml_library(joules, *, driver=True):
    """Answers as nvidia-ml-py does; there is no GPU where the tests run."""
    library = ModuleType("pynvml")

    def start():
        if not driver:
            raise NVMLError

    def energy(device):
        if joules[device] is None:
            raise NVMLError
        return joules[device] * 1000

    vars(library).update(
        NVMLError=NVMLError,
        nvmlInit=start,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetCount=lambda: len(joules),
        nvmlDeviceGetHandleByIndex=lambda number: number,
        nvmlDeviceGetName=lambda device: "Test",
        nvmlDeviceGetTotalEnergyConsumption=energy,
    )
    return library


def test_nvml_counts_millijoules_of_the_gpus_that_can_tell(monkeypatch):
    joules = [12.5, None]
    monkeypatch.setitem(sys.modules, "pynvml", nvml_library(joules))
    meter = Nvml.find()
    assert meter.read() == {"gpu0 Test": 12.5}
    joules[0] = 20.0
    assert meter.read() == {"gpu0 Test": 20.0}
    meter.close()


def test_nvml_is_no_meter_without_a_driver_or_a_gpu_that_counts(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", nvml_library([1.0], driver=False))
    assert Nvml.find() is None
    monkeypatch.setitem(sys.modules, "pynvml", nvml_library([None]))
    assert Nvml.find() is None


def test_codecarbon_is_no_meter_where_it_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "codecarbon", None)
    assert Carbon.find() is None


class Tracker:
    """Answers as codecarbon's tracker does, for a tenth of a Wh of the processor each time."""

    def start_task(self, name):
        pass

    def stop_task(self, name):
        return SimpleNamespace(cpu_energy=1e-4, ram_energy=2e-4, gpu_energy=0.0)

    def stop(self):
        pass


def test_codecarbon_is_asked_by_tasks_that_add_up():
    meter = Carbon(Tracker())
    assert meter.read() == {"cpu": pytest.approx(360), "memory": pytest.approx(720), "gpu": 0}
    assert meter.read()["cpu"] == pytest.approx(720)
    meter.close()


def test_no_meter_is_the_usual_case_and_an_unknown_one_is_named():
    with find_meters([]) as none:
        assert none.read() == {}
        assert none.names == ()
    with pytest.raises(ConfigError, match=r"unknown meter 'rapls'.*Did you mean 'rapl'"):
        find_meters(["rapls"])
    assert set(BUILT_IN) == {"rapl", "nvml", "codecarbon"}


def test_what_was_taken_is_the_difference_of_devices_that_were_read_twice(rapl):
    with PowerMeters([rapl]) as meters:
        assert meters.names == ("rapl",)
        before = meters.read()
        later = {**before, ("rapl", "0 package-0"): before["rapl", "0 package-0"] + 7.0, ("nvml", "new"): 9.0}
    assert Reading("rapl", "0 package-0", 7.0) in taken(before, later)
    assert {reading.meter for reading in taken(before, later)} == {"rapl"}
