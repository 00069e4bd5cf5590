"""Which settings of unit files the stand-in honours, and which it may pass over because they change nothing it runs.

A setting in neither table is a spelling error or something the stand-in would have to learn.
"""

_HONOURED = {
    "Unit": """
        After Before BindsTo ConditionCapability ConditionDirectoryNotEmpty ConditionFileIsExecutable
        ConditionFileNotEmpty ConditionPathExists ConditionPathIsDirectory ConditionPathIsReadWrite Conflicts
        DefaultDependencies Description Documentation PartOf ReloadPropagatedFrom Requires Requisite StartLimitBurst
        StartLimitIntervalSec Wants""",
    "Service": """
        Environment EnvironmentFile ExecReload ExecStart ExecStartPost ExecStartPre ExecStop ExecStopPost Group
        KillMode KillSignal LogsDirectory LogsDirectoryMode NotifyAccess PIDFile RemainAfterExit Restart RestartSec
        ConfigurationDirectory ConfigurationDirectoryMode CacheDirectory CacheDirectoryMode
        RuntimeDirectory RuntimeDirectoryMode RuntimeDirectoryPreserve StandardError StandardInput StandardOutput
        StateDirectory StateDirectoryMode SuccessExitStatus SyslogIdentifier TimeoutSec TimeoutStartSec
        TimeoutStopSec Type UMask User WorkingDirectory""",
    "Timer": """
        AccuracySec OnActiveSec OnBootSec OnCalendar OnStartupSec OnUnitActiveSec OnUnitInactiveSec Persistent
        RandomizedDelaySec RemainAfterElapse Unit""",
    "Install": "Alias Also WantedBy RequiredBy",
}

# Sandboxes, priorities and log levels: a program that needs more than they leave it is found by the real boot.
_WITHOUT_EFFECT = {
    "Unit": "",
    "Service": """
        AmbientCapabilities BindPaths BindReadOnlyPaths CapabilityBoundingSet CPUSchedulingPolicy DeviceAllow
        DevicePolicy IOSchedulingClass IOSchedulingPriority LimitNOFILE LoadCredential LockPersonality
        LogLevelMax MemoryDenyWriteExecute Nice NoNewPrivileges OOMScoreAdjust PrivateDevices PrivateMounts
        PrivateNetwork PrivateTmp ProcSubset
        ProtectClock ProtectControlGroups ProtectHome ProtectHostname ProtectKernelLogs ProtectKernelModules
        ProtectKernelTunables ProtectProc ProtectSystem ReadWritePaths RestrictAddressFamilies RestrictNamespaces
        RestrictRealtime RestrictSUIDSGID SyslogLevel SystemCallArchitectures SystemCallFilter TasksMax""",
    "Timer": "",
    "Install": "",
}

_KNOWN = {section: set(_HONOURED[section].split()) | set(_WITHOUT_EFFECT[section].split()) for section in _HONOURED}


def known(section, key):
    return section.startswith("X-") or key in _KNOWN.get(section, ())
