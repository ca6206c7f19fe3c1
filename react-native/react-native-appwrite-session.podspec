# The iOS half for CocoaPods: the module, the Swift bindings beside it as sources, and the library as an XCFramework.

require 'json'

package = JSON.parse(File.read(File.join(__dir__, 'package.json')))

Pod::Spec.new do |s|
  s.name = 'react-native-appwrite-session'
  s.version = package['version']
  s.summary = package['description']
  s.homepage = 'https://www.npmjs.com/package/react-native-appwrite-session'
  s.license = package['license']
  s.authors = 'The authors of appwrite-session'
  s.platforms = { ios: min_ios_version_supported }
  s.source = { http: "https://registry.npmjs.org/#{s.name}/-/#{s.name}-#{s.version}.tgz" }

  # For a Podfile that begins with `$AppwriteSessionScreens = true`: the screens for signing in, which link AuthenticationServices.
  screens = $AppwriteSessionScreens == true

  sources = ['ios/*.{h,mm,swift}', 'ios/logic/*.swift', 'ios/bindings/*.swift']
  sources += ['ios/screens/*.swift', 'ios/bindings/screens/*.swift'] if screens
  s.source_files = sources
  # Its header is C++, which a Swift module cannot have.
  s.private_header_files = 'ios/*.h'
  s.swift_version = '6.0'
  s.resource_bundles = { 'AppwriteSessionPrivacy' => 'ios/PrivacyInfo.xcprivacy' }

  s.vendored_frameworks = 'ios/AppwriteSessionFFI.xcframework'
  # Where CocoaPods puts the header and the module map of its static library.
  settings = { 'HEADER_SEARCH_PATHS' => "\"${PODS_XCFRAMEWORKS_BUILD_DIR}/#{s.name}/Headers\"" }
  settings['SWIFT_ACTIVE_COMPILATION_CONDITIONS'] = '$(inherited) APPWRITE_SESSION_SCREENS' if screens
  s.pod_target_xcconfig = settings
  # LocalAuthentication for the module, the rest for the library.
  frameworks = %w[CoreFoundation LocalAuthentication Security]
  frameworks += %w[AuthenticationServices UIKit] if screens
  s.frameworks = frameworks
  s.libraries = 'iconv'

  install_modules_dependencies(s)
end
