# What `cmake --install` puts where: the program, and what it writes of itself (manual pages, completions), made once it is
# linked. A build with a sanitizer is for tests alone.
include(GNUInstallDirs)

if(NOT DAVIT_SANITIZE AND NOT DAVIT_LIBFUZZER)
  set(share ${CMAKE_BINARY_DIR}/share)
  add_custom_command(
    OUTPUT ${share}/made
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${share}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${share}/completions
    COMMAND davit internal manual --format man ${share}/man1
    COMMAND davit completion bash > ${share}/completions/davit
    COMMAND davit completion zsh > ${share}/completions/_davit
    COMMAND davit completion fish > ${share}/completions/davit.fish
    COMMAND ${CMAKE_COMMAND} -E touch ${share}/made
    DEPENDS davit
    COMMENT "Writing manual pages and completions")
  add_custom_target(davit_share ALL DEPENDS ${share}/made)

  install(TARGETS davit RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(DIRECTORY ${share}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
  install(FILES ${share}/completions/davit DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${share}/completions/_davit DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${share}/completions/davit.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  install(FILES ${CMAKE_SOURCE_DIR}/docs/davit.toml.example ${CMAKE_SOURCE_DIR}/docs/registry.toml.example
    ${CMAKE_SOURCE_DIR}/packaging/davit-registry.service ${CMAKE_SOURCE_DIR}/packaging/davit-registry.socket
    DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()
