"""Attributes that mean something to what a test has in its hands: pytest, Hypothesis, NumPy and Python's own values.

The names of a strategy's files and fields are lent to its tests. A field that is called `hypothesis` or `session` would
lend them the handle of every test, so none of these is lent, whatever a strategy calls its own.
"""

from __future__ import annotations

from typing import Final

from services.guardian.policy.text import words

FOREIGN: Final = words(
    """
    ArgsSource CollectError DynamicClassAttribute Failed GenericAlias Interrupted InvocationParams
    SimpleNamespace T abs acos acosh add_cleanup add_marker add_note add_report_section addfinalizer
    addinivalue_line alignment all any applymarker argmax argmin argpartition args argsort as_integer_ratio asin
    asinh astimezone atan atan2 atanh backend base bit_count bit_length branches byteorder byteswap c_contiguous
    cache_clear cache_info cache_parameters cached_is_cacheable calc_has_reusable_values calc_is_cacheable
    calc_is_empty calc_label cast cbrt ceil char characters_written check class_label classnamefilter cls
    collect comb combine combined_with compress config conj conjugate contiguous copysign coroutine cos cosh
    ctime ctypes cumprod cumsum cwd_relative_nodeid data database date day deadline degrees deleter denominator
    derandomize descr device diagonal difference difference_update discard dist do_draw do_filtered_draw
    do_validate dot dst dump dumps e element_strategies elements encoding end end_lineno end_offset erf erfc
    errisinstance errno example exconly exp exp2 expected expected_exceptions expm1 extract_from f_contiguous
    fabs factorial fail_reason fdel fget filename filename2 fill_unfilled filter fixturenames flags flat flatmap
    flatten floor fmod fold for_later force_has_reusable_values force_repr force_repr_braces frexp from_bytes
    from_config from_current from_exc_info from_exception from_iterable from_parent fromdictargs fromhex
    fromisocalendar fromisoformat fromkeys fromordinal fromtimestamp fromutc fset fspath fsum func
    funcnamefilter function fuzz_one_input gamma gcd genitems get get_closest_marker get_current_profile_name
    get_element get_profile get_terminal_writer get_verbosity getfield getfixturevalue gethookproxy getini
    getmodpath getoption getparent getrepr getter getvalue getvalueorskip group_contains has_reusable_values
    hasobject hex hypot hypothesis hypothesis_explicit_examples id ihook imag indices inf inicfg inifile inipath
    inner_test insert instance intersection intersection_update invocation_dir is_baseexception is_cacheable
    is_currently_empty is_empty is_hypothesis_test is_integer isalignedstruct isbuiltin isclose isdisjoint
    isfinite isinf isinitpath isnan isnative isnosetest isocalendar isoformat isoweekday isqrt issubset
    issue_config_time_warning issuperset istestclass istestfunction item itemsize iter_markers
    iter_markers_with_node iter_parents keywords kwargs label lcm ldexp lgamma lineno listchain
    listextrakeywords listnames load_profile location log log10 log1p log2 mT map mapping mark markname marks
    match matches max max_examples mean metadata microsecond microseconds min minute modf module month msg nan
    nan_ok nbytes ndim new_class newbyteorder nextafter nextitem node nodeid nonzero notify_exception now num
    numerator obj object offset original_strategies param parent parse path perform_collect perm phases pi pop
    popitem pow prepare_class print_blob print_file_and_line prod put pytest_cmdline_parse pytest_collection
    pytest_collectreport pytest_collectstart pytest_load_initial_conftests pytest_runtest_logreport pytestmark
    radians raiseerror ravel rawmatch readonly real register_profile rel release remainder remove repeat
    report_multiple_bugs reportinfo repr_failure resize resolution resolve_bases reverse rootdir rootpath round
    runtest scope searchsorted second seconds session setdefault setfield setflags setter setup shouldfail
    shouldstop show_changed sin sinh sqrt squeeze start startdir startpath stateful_step_count std step str
    strerror strftime strides strptime subdtype suboffsets suppress_health_check swapaxes symmetric_difference
    symmetric_difference_update take tan tanh tau tb teardown text time timetuple timetz to_bytes to_device
    today tofile tolerance toordinal toreadonly trace traceback transpose trunc type typename tzinfo tzname ulp
    union utc utcfromtimestamp utcnow utcoffset utctimetuple validate validate_called value var verbosity via
    warn with_args with_traceback wrapped_strategy xfail year
    """
)
"""All that `dir` shows of them without an underscore, but what the shipped strategy and the list of a test name too."""
